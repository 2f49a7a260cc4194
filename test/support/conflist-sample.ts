import type { Conflist } from "../../cni/plan/conflist.ts";
import { toPrefix } from "../../lib/net/prefix.ts";

/** The configuration of node-1 of a three-node cluster, in IPv4, or as `part` says. */
export function conflistSample(part: Partial<Conflist> = {}): Conflist {
  const subnets = [toPrefix("10.244.1.0/24")];
  return { bridge: "cni0", hairpin: true, portMap: true, bandwidth: false, mtu: 1500, subnets, closed: [], ...part };
}

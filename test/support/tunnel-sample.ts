import type { VxlanLink } from "../../lib/linux/kinds/link.ts";

/** The tunnel between IPv4 addresses of the node with 192.168.1.11, or as `part` says. */
export function tunnelSample(part: Partial<VxlanLink> = {}): VxlanLink {
  const tunnel = { id: 244, port: 4789, local: "192.168.1.11" };
  return { name: "podnet-vxlan4", type: "vxlan", mac: "02:00:00:00:00:01", mtu: 1450, up: true, tunnel, ...part };
}

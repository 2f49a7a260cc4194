import { vxlanMtu } from "../../lib/net/mtu.ts";
import { parseAddress, renderAddress } from "../../lib/net/address.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { Problem } from "./problem.ts";

/** IPv6 does not work over less (RFC 8200, 5). */
const leastIpv6Mtu = 1280;

/** What the bridge and pods shall have, in bytes: what fits on the way to every other node, or the problem with it. `paths`: the ways to the others. */
export function podMtu(own: OwnNetwork, facts: NodeFacts, paths: readonly { readonly mtu: number }[]): number | Problem {
  const mtu = own.fixedMtu ?? Math.min(uplinkMtu(own, facts), ...paths.map((path) => path.mtu));
  if (!Number.isFinite(mtu)) return { path: "spec.nodeAddresses", code: "NoUplink", message: noUplink(own) };
  if (mtu < leastIpv6Mtu && own.subnets.some((subnet) => subnet.family === 6)) {
    return {
      path: "spec.mtu",
      code: "MtuTooSmall",
      message: `an MTU of ${mtu} does not carry IPv6, which needs ${leastIpv6Mtu}; raise it`,
    };
  }
  return mtu;
}

function noUplink({ addresses, tunnel }: OwnNetwork): string {
  if (addresses.length === 0)
    return "other nodes have no address to send to: the Node has no InternalIP, or none inside spec.routing.nodeAddress.cidrs of its PodNetwork; correct either";
  const texts = addresses.map(renderAddress).join(" nor ");
  // A tunnel needs the interface whatever the MTU.
  const other = tunnel === undefined ? ", or set mtu {mode: Fixed} in the PodNetwork" : "";
  return `no interface carries ${texts}, so the MTU is unknown; correct the addresses of the Node${other}`;
}

/** A node of a tunnelled network leaves room for tunnels to nodes that are still to come, in the family that they would take. */
function uplinkMtu(own: OwnNetwork, { uplinks }: NodeFacts): number {
  if (uplinks.length === 0) return Number.NaN;
  const mtus = uplinks.map(({ mtu }) => mtu);
  if (own.tunnel === undefined) return Math.min(...mtus);
  const families = uplinks.map(({ address }) => parseAddress(address)?.family ?? 6);
  const family = families.includes(4) ? 4 : 6;
  return Math.min(...mtus.filter((_, index) => families[index] === family).map((mtu) => vxlanMtu(mtu, family)));
}

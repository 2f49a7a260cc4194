import { gatewayOf, hasPodAddresses } from "../../cni/plan/conflist.ts";
import type { AddressItem } from "../../lib/linux/kinds/address.ts";
import type { FdbItem } from "../../lib/linux/kinds/fdb.ts";
import type { VxlanLink } from "../../lib/linux/kinds/link.ts";
import { mark } from "../../lib/linux/kinds/mark.ts";
import type { NeighborItem } from "../../lib/linux/kinds/neighbor.ts";
import type { RouteItem } from "../../lib/linux/kinds/route.ts";
import type { NextHop } from "../../lib/linux/next-hop.ts";
import { type Address, families, type Family, renderAddress } from "../../lib/net/address.ts";
import { linkLocalOf, macFor } from "../../lib/net/mac.ts";
import { vxlanMtu } from "../../lib/net/mtu.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";

/** The network identifier of all tunnels. */
export const vxlanId = 244;

/** The ports of a cluster's tunnels. */
export interface TunnelPorts {
  /** The one that this node listens on. */
  readonly own: number;
  /** The one that a node listens on which has not said so itself. */
  readonly common: number;
}

/** A tunnelled way to a claim: who stands at the other end, where that is, and the route. */
export interface TunnelPath {
  readonly route: RouteItem;
  readonly neighbor: NeighborItem;
  readonly entry: FdbItem;
  /** What fits through, in bytes. */
  readonly mtu: number;
}

/** Family of the addresses that it runs between → the name of the device. */
export function tunnelName(family: Family): string {
  return `${mark.linkPrefix}vxlan${family}`;
}

/** The MAC at a node's end of its tunnels. Every node can tell every other's from its name alone. */
export function tunnelMac(node: string): string {
  return macFor(`${node}/vxlan`);
}

/** Undefined where no node asks for tunnels. A node of a Direct network listens where the first of the others' ports is, by number; all nodes see the same claims. */
export function tunnelPorts(own: OwnNetwork, claims: readonly Claim[]): TunnelPorts | undefined {
  const ports = [own, ...claims].flatMap(({ tunnel }) => tunnel?.port ?? []);
  if (ports.length === 0) return undefined;
  const common = ports.reduce((least, port) => Math.min(least, port));
  return { own: own.tunnel?.port ?? common, common };
}

/** What decides about the devices, beside who asks for them. */
interface TunnelEnds {
  readonly facts: NodeFacts;
  /** Those that lead into tunnels. */
  readonly ways: readonly TunnelPath[];
  /** Of tunnels that nobody asks for any more, and that are to stay a while. */
  readonly lingering: TunnelPorts | undefined;
}

/**
 * A device for each family in which this node could talk to another one; none where no node asks for tunnels, or did a moment ago.
 * What the node itself sends through it fits through the narrowest of `ways`, too, as what pods send does: the outer packets of anything larger would be lost on the way without a word.
 */
export function tunnelLinks(
  node: string,
  own: OwnNetwork,
  claims: readonly Claim[],
  { facts, ways, lingering }: TunnelEnds,
): VxlanLink[] {
  const ports = tunnelPorts(own, claims) ?? lingering;
  if (ports === undefined) return [];
  const others = claims.filter((claim) => claim.node !== node);
  return families
    .filter((family) => others.some(({ nextHops }) => nextHops.some(isOf(family))))
    .flatMap((family) => own.addresses.find(isOf(family)) ?? [])
    .flatMap((local): VxlanLink[] => {
      const uplink = uplinkOf(local, facts);
      if (uplink === undefined) return [];
      const tunnel = { id: vxlanId, port: ports.own, local: renderAddress(local) };
      const name = tunnelName(local.family);
      const through = ways.filter(({ entry }) => entry.device === name);
      const mtu = through.reduce((least, way) => Math.min(least, way.mtu), vxlanMtu(uplink.mtu, local.family));
      return [{ type: "vxlan", name, mac: tunnelMac(node), mtu, up: true, tunnel }];
    });
}

/**
 * The bridge's own addresses, one of each family, on every tunnel, too: whatever masquerades what goes into a tunnel, as rules of Services do, takes an address of the device that it leaves by.
 * Without one the kernel takes any other, mostly the uplink's, and answers to that would not come back through the tunnel.
 */
export function tunnelAddresses(own: OwnNetwork, tunnels: readonly VxlanLink[]): AddressItem[] {
  const addresses = ([4, 6] as const).flatMap((family) => sourceIn(own, family) ?? []);
  return tunnels.flatMap(({ name }) =>
    addresses.map((address) => ({ device: name, address: `${address}/${address.includes(":") ? 128 : 32}` })),
  );
}

/** The address that this node's own packets carry in tunnels; undefined where it has no subnet of the family. */
function sourceIn(own: OwnNetwork, family: Family): string | undefined {
  const subnet = own.subnets.find((one) => one.family === family);
  return subnet && gatewayOf(subnet);
}

/**
 * The way to a claim through a tunnel, or in words why there is none. Packets of this node itself carry the address of its bridge, so that answers come back through the tunnel.
 * The next hop is one that the kernel takes at its word: of IPv4 the claim's gateway, of IPv6 a link-local address, since of others it asks the routes which may still lead elsewhere.
 */
export function tunnelTo(claim: Claim, own: OwnNetwork, facts: NodeFacts, ports: TunnelPorts): TunnelPath | string {
  if (!hasPodAddresses(claim.prefix)) return "it is too small to have a gateway; delete the NodeSubnet";
  const end = otherEnd(claim, own, facts);
  if (typeof end === "string") return end;
  const { family } = end.remote;
  const device = tunnelName(family);
  const mac = tunnelMac(claim.node);
  const port = claim.tunnel?.port ?? ports.common;
  const via = claim.prefix.family === 4 ? gatewayOf(claim.prefix) : renderAddress(linkLocalOf(mac));
  const source = sourceIn(own, claim.prefix.family);
  return {
    route: {
      prefix: renderPrefix(claim.prefix),
      via,
      device,
      ...(claim.prefix.family === 4 ? { onlink: true } : {}),
      ...(source === undefined ? {} : { source }),
    },
    neighbor: { device, address: via, mac },
    entry: { device, mac, to: renderAddress(end.remote), ...(port === ports.own ? {} : { port }) },
    mtu: vxlanMtu(end.mtu, family),
  };
}

/** The first family that both nodes have an address of decides, whatever is reached: both ends choose alike. */
function otherEnd({ node, nextHops }: Claim, own: OwnNetwork, facts: NodeFacts): { remote: Address; mtu: number } | string {
  const shared = families.find((family) => [own.addresses, nextHops].every((list) => list.some(isOf(family))));
  const remote = shared === undefined ? undefined : nextHops.find(isOf(shared));
  if (remote === undefined) {
    const [here, there] = [own.addresses, nextHops].map(familiesIn);
    return `no tunnel joins ${here} of this node and ${there} of Node ${node}; give both Nodes an InternalIP of one family`;
  }
  const local = own.addresses.find(isOf(remote.family));
  if (local !== undefined && uplinkOf(local, facts) === undefined)
    return `no interface carries ${renderAddress(local)}, where the tunnel would begin; correct the addresses of this node's Node`;
  const hop = facts.nextHops.get(renderAddress(remote));
  if (hop === undefined || hop.reach === "None" || hop.reach === "Local") return unreached(remote, hop);
  if (hop.device === own.bridge || hop.device.startsWith(mark.linkPrefix))
    return `its address ${renderAddress(remote)} is reached through ${hop.device}, which is the pods'; take a range apart from the nodes' network`;
  return { remote, mtu: hop.mtu };
}

/** The interface that carries an address of this node. */
function uplinkOf(local: Address, { uplinks }: NodeFacts): NodeFacts["uplinks"][number] | undefined {
  return uplinks.find(({ address }) => address === renderAddress(local));
}

function unreached(remote: Address, hop: NextHop | undefined): string {
  const text = renderAddress(remote);
  if (hop?.reach === "Local") return `its address ${text} is this node's own, too; give each Node its own InternalIP`;
  const problem = hop?.reach === "None" ? hop.problem : "not looked up";
  return `its address ${text} is not reached (${problem}); give this node a route to it`;
}

const isOf = (family: Family) => (address: Address) => address.family === family;
const familiesIn = (list: readonly Address[]) => list.map(({ family }) => `IPv${family}`).join(" and ") || "no address";

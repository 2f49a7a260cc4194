import { families, renderAddress } from "../../lib/net/address.ts";
import type { RouteItem } from "../../lib/linux/kinds/route.ts";
import type { NextHop } from "../../lib/linux/next-hop.ts";
import { prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import { firstInside, inOrder } from "./address-order.ts";
import type { Claim } from "./claim.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { Problem } from "./problem.ts";
import { pairTunnel, type Tunnelling } from "./tunnelling.ts";
import { type TunnelPath, type TunnelPorts, tunnelPorts, tunnelTo } from "./vxlan.ts";

/** One claim of another node, and what becomes of it here. */
export interface PeerClaim {
  readonly node: string;
  /** Canonical text; also the key of its route. */
  readonly prefix: string;
  /** The way to it, or why there is none. */
  readonly path: DirectPath | TunnelPath | Problem;
}

/** Straight to a next hop on the same link. */
export interface DirectPath {
  readonly route: RouteItem;
  /** What fits through, in bytes. */
  readonly mtu: number;
}

/** What becomes of each claim of the other nodes: straight to a next hop on the same link, through a tunnel, or a reason. While tunnels are fresh, straight wherever that leads. */
export function peerClaims(
  node: string,
  own: OwnNetwork,
  claims: readonly Claim[],
  facts: NodeFacts,
  isFresh = false,
): PeerClaim[] {
  const nodes = inOrder([...own.addresses, ...claims.flatMap((claim) => [...claim.nextHops, ...claim.nodeAddresses])]);
  const ports = tunnelPorts(own, claims);
  const mine = claims.find((claim) => claim.node === node && claim.nodeUID === own.nodeUID);
  // What this node's own claims say, as the others see them: so both ends of a pair change their ways at the same word.
  const ownTunnel = mine === undefined ? own.tunnel : mine.tunnel;
  return claims
    .filter((claim) => claim.node !== node)
    .map((claim) => {
      const inside = firstInside(claim.prefix, nodes);
      const path =
        inside === undefined
          ? pathTo(claim, own, facts, ports && { ports, ownTunnel, isFresh })
          : problem(
              claim,
              "HidesNode",
              `${renderAddress(inside)} in it is a node's address; take a range apart from the nodes' network`,
            );
      return { node: claim.node, prefix: renderPrefix(claim.prefix), path };
    });
}

/** The ways among the claims' fates. */
export function pathsOf(peers: readonly PeerClaim[]): (DirectPath | TunnelPath)[] {
  return peers.map(({ path }) => path).filter((path): path is DirectPath | TunnelPath => !("code" in path));
}

/** The addresses whose reach decides about the routes; canonical text. */
export function nextHopsOf(node: string, claims: readonly Claim[]): string[] {
  const addresses = claims.filter((claim) => claim.node !== node).flatMap((claim) => claim.nextHops.map(renderAddress));
  return [...new Set(addresses)];
}

/** What there is to say of tunnels, where any node asks for them. */
interface Tunnels {
  readonly ports: TunnelPorts;
  readonly ownTunnel: Tunnelling | undefined;
  readonly isFresh: boolean;
}

function pathTo(
  claim: Claim,
  own: OwnNetwork,
  facts: NodeFacts,
  tunnels: Tunnels | undefined,
): DirectPath | TunnelPath | Problem {
  const subnet = own.subnets.find((subnet) => prefixesOverlap(subnet, claim.prefix));
  if (subnet !== undefined) {
    const mine = renderPrefix(subnet);
    return problem(claim, "OverlapsOwnSubnet", `it overlaps this node's own subnet ${mine}; delete the NodeSubnet that is wrong`);
  }
  const direct = directTo(claim, own, facts);
  const mode = tunnels && pairTunnel(tunnels.ownTunnel, claim.tunnel);
  if (mode === undefined || tunnels === undefined) return direct;
  if ((mode === "OtherSubnets" || tunnels.isFresh) && !("code" in direct)) return direct;
  const tunnelled = tunnelTo(claim, own, facts, tunnels.ports);
  return typeof tunnelled === "string" ? problem(claim, "NotReached", tunnelled) : tunnelled;
}

function directTo(claim: Claim, own: OwnNetwork, facts: NodeFacts): DirectPath | Problem {
  const nextHops = nextHopsFor(claim);
  if (nextHops.length === 0) {
    const remedy = `give its Node an InternalIP of that family`;
    return problem(claim, "NoNextHop", `Node ${claim.node} has no IPv${claim.prefix.family} address; ${remedy}`);
  }
  for (const via of nextHops) {
    const hop = facts.nextHops.get(via);
    if (hop?.reach === "OnLink" && hop.device !== own.bridge)
      return { route: { prefix: renderPrefix(claim.prefix), via, device: hop.device }, mtu: hop.mtu };
  }
  const [first = ""] = nextHops;
  return problem(claim, "NotOnLink", `its next hop ${first} ${whyNot(facts.nextHops.get(first))}`);
}

/** The one of the prefix's own family first. IPv4 can also go over IPv6 (RFC 5549), where one of two nodes has only that. */
function nextHopsFor({ prefix, nextHops }: Claim): string[] {
  const usable = prefix.family === 4 ? families : ([6] as const);
  return usable.flatMap((family) => nextHops.filter((address) => address.family === family).map(renderAddress));
}

function whyNot(reach: NextHop | undefined): string {
  const remedy = "direct routes need all nodes on one link; spec.routing.mode VXLAN does not";
  if (reach === undefined) return `has not been looked up; ${remedy}`;
  if (reach.reach === "ViaGateway") return `is behind the router ${reach.gateway}; ${remedy}`;
  if (reach.reach === "Local") return "is this node's own address, too; give each Node its own InternalIP";
  if (reach.reach === "None") return `is not reached (${reach.problem}); ${remedy}`;
  return `is reached through the pods' bridge ${reach.device}; take a range apart from the nodes' network`;
}

function problem(claim: Claim, code: string, reason: string): Problem {
  return {
    path: `NodeSubnet/${claim.name}`,
    code,
    message: `no route to ${renderPrefix(claim.prefix)} of Node ${claim.node}: ${reason}`,
  };
}

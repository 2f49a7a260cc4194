import { gatewayOf } from "../../cni/plan/conflist.ts";
import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, renderPrefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { PeerClaim } from "./routes.ts";

/** The way to another node's pods in one family: from this node's gateway address to that one's, so that an answer comes back by the pods' way. */
export interface Way {
  readonly family: Family;
  /** This node's gateway address, e.g. `"10.244.1.1"`. */
  readonly from: string;
  /** The other node's gateway address, e.g. `"10.244.2.1"`. */
  readonly to: string;
  /** Whether there is a route to it; else nothing is sent. */
  readonly isRouted: boolean;
}

/** Another node, with at least one way. */
export interface ProbedPeer {
  readonly node: string;
  readonly ways: readonly Way[];
}

/** Whom a node probes, and by whom it is probed. */
export interface Probing {
  /** Where questions are answered: the gateway address of each of its subnets. */
  readonly gateways: readonly string[];
  /** Who is answered: the gateway addresses of all other nodes' subnets. */
  readonly askers: ReadonlySet<string>;
  /** By name. */
  readonly peers: readonly ProbedPeer[];
  /** Of the pods, in bytes. */
  readonly mtu: number;
}

/** The probing of a node without a subnet: none. */
export const noProbing: Probing = { gateways: [], askers: new Set(), peers: [], mtu: 0 };

/**
 * One way per family that this node and the other one have subnets of: to the first subnet that new pods get addresses of. A node that is gone (its claims
 * are Held) is not probed. Depends on the order of neither claims nor peers.
 */
export function planProbing(
  node: string,
  own: OwnNetwork,
  claims: readonly Claim[],
  peers: readonly PeerClaim[],
  mtu: number,
): Probing {
  const others = claims.filter((claim) => claim.node !== node).toSorted(byUse);
  const routed = new Set(peers.filter(({ path }) => !("code" in path)).map(({ prefix }) => prefix));
  const served = Map.groupBy(
    others.filter(({ state }) => state === "Active" || state === "Draining"),
    (claim) => claim.node,
  );
  const wayTo = (family: Family, theirs: readonly Claim[]): Way[] => {
    const mine = own.subnets.find((subnet) => subnet.family === family);
    const claim = theirs.find(({ prefix }) => prefix.family === family);
    if (mine === undefined || claim === undefined) return [];
    const { prefix } = claim;
    return [{ family, from: gatewayOf(mine), to: gatewayOf(prefix), isRouted: routed.has(renderPrefix(prefix)) }];
  };
  return {
    gateways: own.subnets.map(gatewayOf),
    askers: new Set(others.map(({ prefix }) => gatewayOf(prefix))),
    peers: [...served]
      .map(([name, theirs]) => ({ node: name, ways: ([4, 6] as const).flatMap((family) => wayTo(family, theirs)) }))
      .filter(({ ways }) => ways.length > 0)
      .toSorted((a, b) => (a.node < b.node ? -1 : 1)),
    mtu,
  };
}

function byUse(a: Claim, b: Claim): number {
  return Number(a.state !== "Active") - Number(b.state !== "Active") || comparePrefixes(a.prefix, b.prefix);
}

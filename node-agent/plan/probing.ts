import { gatewayOf, hasPodAddresses } from "../../cni/plan/conflist.ts";
import { type Address, families, type Family } from "../../lib/net/address.ts";
import { addressAt, comparePrefixes, type Prefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { PeerClaim } from "./routes.ts";

/** The way to another node's pods in one family: from this node's gateway address to that one's, so that an answer comes back by the pods' way. */
export interface Way {
  readonly family: Family;
  /** This node's gateway address, e.g. `"10.244.1.1"`. */
  readonly from: string;
  /** The other node's subnet, e.g. that of `"10.244.2.0/24"`. */
  readonly subnet: Prefix;
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
  /** Who is answered: the keys of the gateway addresses of all other nodes' subnets. */
  readonly askers: ReadonlySet<string>;
  /** By name. */
  readonly peers: readonly ProbedPeer[];
  /** Of the pods, in bytes. */
  readonly mtu: number;
}

/** The probing of a node without a subnet: none. */
export const noProbing: Probing = { gateways: [], askers: new Set(), peers: [], mtu: 0 };

/** What an address is looked up by. A set of numbers would be slow: those that differ above their last 64 bits alone get the same place in it. */
export function askerKey({ family, value }: Address): string {
  return `${family} ${value.toString(16)}`;
}

/** The address that a way leads to, e.g. `"10.244.2.1"`. */
export function destinationOf({ subnet }: Pick<Way, "subnet">): string {
  return gatewayOf(subnet);
}

/** What became of the claims of other nodes, each with its fate, and the MTU of the pods. */
export interface ProgrammedWays {
  readonly peers: readonly PeerClaim[];
  readonly mtu: number;
}

/**
 * One way per family that this node and the other one have subnets of: to the first subnet that new pods get addresses of. A node that is gone (its claims
 * are Held) is not probed, nor is a claim too small to have a gateway. `peers` are the fates of the claims of other nodes, in the order of these.
 */
export function planProbing(node: string, own: OwnNetwork, claims: readonly Claim[], { peers, mtu }: ProgrammedWays): Probing {
  const others = claims
    .filter((claim) => claim.node !== node)
    .map((claim, at) => ({ claim, path: peers[at]?.path }))
    .filter(({ claim }) => hasPodAddresses(claim.prefix));
  const served = Map.groupBy(
    others.filter(({ claim: { state } }) => state === "Active" || state === "Draining"),
    ({ claim }) => claim.node,
  );
  const sources = families.flatMap((family) => own.subnets.find((subnet) => subnet.family === family) ?? []);
  const starts = sources.map((subnet) => ({ family: subnet.family, from: gatewayOf(subnet) }));
  return {
    gateways: own.subnets.map(gatewayOf),
    askers: new Set(others.map(({ claim: { prefix } }) => askerKey(addressAt(prefix, 1n)))),
    peers: [...served]
      .map(([name, theirs]) => ({ node: name, ways: waysTo(starts, theirs.toSorted(byUse)) }))
      .filter(({ ways }) => ways.length > 0)
      .toSorted((a, b) => (a.node < b.node ? -1 : 1)),
    mtu,
  };
}

interface Fate {
  readonly claim: Claim;
  readonly path: PeerClaim["path"] | undefined;
}

function waysTo(starts: readonly Pick<Way, "family" | "from">[], theirs: readonly Fate[]): Way[] {
  return starts.flatMap(({ family, from }) => {
    const found = theirs.find(({ claim }) => claim.prefix.family === family);
    if (found === undefined) return [];
    const { claim, path } = found;
    return [{ family, from, subnet: claim.prefix, isRouted: path !== undefined && !("code" in path) }];
  });
}

function byUse({ claim: a }: Fate, { claim: b }: Fate): number {
  return Number(a.state !== "Active") - Number(b.state !== "Active") || comparePrefixes(a.prefix, b.prefix);
}

import { comparePrefixes, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import type { NamedSubnet } from "./own-network.ts";
import { overlapFinder } from "./overlap.ts";
import { begins, isConfirmed, type Saying, type ClaimStanding, stateAfter, type SubnetState } from "./subnet-state.ts";

/** A subnet that this node has, whatever its spec says now. */
export interface OwnSubnet {
  readonly prefix: Prefix;
  readonly state: SubnetState;
  /** Known only from before a reboot: evidence, of which nothing is programmed. */
  readonly stale: boolean;
}

/** What decides about a node's subnets. */
export interface SubnetSight {
  readonly node: string;
  /** The subnets of the spec; undefined: it says nothing about them, and what there is stays. */
  readonly named: readonly NamedSubnet[] | undefined;
  /** Claims in the API, of all nodes. */
  readonly claims: readonly Claim[];
  /** Prefixes, as text, that nobody can have a claim of any more. */
  readonly forget: readonly string[];
  /** How many leases lie in a prefix; undefined: not known, so that it counts as used. */
  readonly leases: (prefix: Prefix) => number | undefined;
  /** Whether no configuration has offered it for so long that no pod can still be getting an address of it. */
  readonly isClosed: (prefix: Prefix) => boolean;
}

/** Gives the standing of prefixes. One that is to be forgotten is as good as somebody else's. */
export function standings({
  node,
  claims,
  forget,
}: Pick<SubnetSight, "node" | "claims" | "forget">): (prefix: Prefix) => ClaimStanding {
  const own = new Map(claims.filter((claim) => claim.node === node).map((claim) => [renderPrefix(claim.prefix), claim.state]));
  let isTaken: ((prefix: Prefix) => boolean) | undefined;
  return (prefix) => {
    const state = own.get(renderPrefix(prefix));
    if (state !== undefined) return state;
    isTaken ??= overlapFinder(claims.filter((claim) => claim.state !== "Pending").map((claim) => claim.prefix));
    return isTaken(prefix) || forget.includes(renderPrefix(prefix)) ? "Taken" : "None";
  };
}

/**
 * The subnets that a node has after a look, from those that it had: as the spec says where it names them, else until they were given up properly.
 * That is when the spec speaks of others while the claim stands, or when the claim was Held, or has become somebody else's. A claim that just
 * vanished changes nothing. Disjoint; those of the spec first, in its order.
 */
export function nextSubnets(before: readonly OwnSubnet[], sight: SubnetSight): OwnSubnet[] {
  const standingOf = standings(sight);
  const known = new Map(before.map((subnet) => [renderPrefix(subnet.prefix), subnet]));
  const claimed = sight.claims.filter((claim) => claim.node === sight.node && claim.state !== "Pending");
  const candidates = new Map(
    [...(sight.named ?? []), ...before, ...claimed].map(({ prefix }) => [renderPrefix(prefix), prefix] as const),
  );
  const kept: OwnSubnet[] = [];
  for (const [cidr, prefix] of candidates) {
    const next = nextSubnet(known.get(cidr), prefix, standingOf(prefix), sight);
    if (next !== undefined && !kept.some((other) => prefixesOverlap(other.prefix, prefix))) kept.push(next);
  }
  return kept;
}

function nextSubnet(
  before: OwnSubnet | undefined,
  prefix: Prefix,
  standing: ClaimStanding,
  sight: SubnetSight,
): OwnSubnet | undefined {
  const saying = sayingOf(prefix, sight);
  const leases = sight.leases(prefix);
  if (before === undefined && !begins(saying, standing, (leases ?? 0) > 0)) return undefined;
  const state = stateAfter(before?.state, saying, standing);
  const stale = before?.stale === true && !isConfirmed(saying, standing);
  const isGoing = state === "Leaving" || state === "Held";
  const isGone = leases === 0 && (stale || (isGoing && sight.isClosed(prefix)));
  return isGone ? undefined : { prefix, state, stale };
}

function sayingOf(prefix: Prefix, { named }: SubnetSight): Saying {
  if (named === undefined) return "Silent";
  return named.find((subnet) => comparePrefixes(subnet.prefix, prefix) === 0)?.state ?? "Unnamed";
}

import type { NodeNetworkStatusLost } from "../../crds/types.ts";
import { comparePrefixes, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import { overlapFinder } from "./overlap.ts";

/** The claims that count. */
export interface KnownClaims {
  /** Those in the API but Pending ones, and the lost ones; by prefix. */
  readonly claims: readonly Claim[];
  /** Those of them that vanished from the API without having been Held; by prefix. */
  readonly lost: readonly Claim[];
}

/** What decides about losses. */
export interface LossSight {
  readonly nowMs: number;
  /** The ranges of pods, as the operator says; undefined: not known. */
  readonly ranges: () => readonly Prefix[] | undefined;
}

/** The operator has heard of a loss, and has seen to the ranges of pods. */
const heardMs = 60_000;

/**
 * What is known of claims, from what was known before and what stands in the API. One that vanished is a loss and stays, unless it was Held or
 * something else overlaps it now. A Pending one counts for nothing: neither does it vanish, nor does it end a loss. One that the ranges of pods go on to leave
 * out is had by nobody, as the operator knows, and ends, too.
 */
export function knownClaims(before: readonly Claim[], seen: readonly Claim[], { nowMs, ranges }: LossSight): KnownClaims {
  const used = seen.filter((claim) => claim.state !== "Pending");
  const names = new Set(used.map((claim) => claim.name));
  const missing = before.filter((claim) => !names.has(claim.name) && claim.state !== "Held" && claim.state !== "Pending");
  if (missing.length === 0) return { claims: used.toSorted(byPrefix), lost: [] };
  const isTaken = overlapFinder(used.map((claim) => claim.prefix));
  const known = ranges();
  const isPods = known === undefined ? () => true : overlapFinder(known);
  const lost = missing
    .map((claim) => ({ ...claim, lostSinceMs: claim.lostSinceMs ?? nowMs }))
    .filter(({ prefix, lostSinceMs }) => !isTaken(prefix) && (nowMs - lostSinceMs <= heardMs || isPods(prefix)))
    .toSorted(byPrefix);
  return { claims: [...used, ...lost].toSorted(byPrefix), lost };
}

/** At most so many stand in a status. */
const mostReported = 64;

/** The losses of other nodes, as a status has them. */
export function lostEntries(lost: readonly Claim[], ownNode: string): NodeNetworkStatusLost[] {
  const others = lost.filter((claim) => claim.node !== ownNode).slice(0, mostReported);
  return others.map(({ prefix, node, nodeUID }) => ({ cidr: renderPrefix(prefix), node, nodeUID }));
}

function byPrefix(a: Claim, b: Claim): number {
  return comparePrefixes(a.prefix, b.prefix);
}

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

/**
 * What is known of claims, from what was known before and what stands in the API. One that vanished is a loss and stays, unless it was Held or
 * something else overlaps it now, or the operator says to forget it: `forget` holds prefixes as text. A Pending one counts for nothing: neither does it vanish, nor does it end a loss.
 * One that the operator brought back at rest does not say how its node is reached, since nothing was left that did: it is reached as before, so that pods there lose no packet.
 */
export function knownClaims(before: readonly Claim[], seen: readonly Claim[], forget: readonly string[] = []): KnownClaims {
  const known = lazyByName(before);
  const used = seen.flatMap((claim) => (claim.state === "Pending" ? [] : [stillReached(claim, known)]));
  const names = new Set(used.map((claim) => claim.name));
  const missing = before.filter((claim) => !names.has(claim.name) && claim.state !== "Held" && claim.state !== "Pending");
  const isTaken = missing.length === 0 ? () => false : overlapFinder(used.map((claim) => claim.prefix));
  const isForgotten = (prefix: Prefix) => forget.includes(renderPrefix(prefix));
  const lost = missing.filter(({ prefix }) => !isTaken(prefix) && !isForgotten(prefix)).toSorted(byPrefix);
  return { claims: [...used, ...lost].toSorted(byPrefix), lost };
}

function stillReached(claim: Claim, known: () => ReadonlyMap<string, Claim>): Claim {
  if (claim.state !== "Held" || claim.nextHops.length > 0) return claim;
  const old = known().get(claim.name);
  if (old === undefined || old.nodeUID !== claim.nodeUID || old.state === "Pending") return claim;
  const { nextHops, nodeAddresses, tunnel } = old;
  return { ...claim, nextHops, nodeAddresses, ...(tunnel !== undefined && { tunnel }) };
}

/** By name, once somebody asks. */
function lazyByName(claims: readonly Claim[]): () => ReadonlyMap<string, Claim> {
  let byName: ReadonlyMap<string, Claim> | undefined;
  return () => (byName ??= new Map(claims.map((claim) => [claim.name, claim])));
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

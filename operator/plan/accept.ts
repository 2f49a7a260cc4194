import { comparePrefixes, containsPrefix, type Prefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import { compareAge } from "./select.ts";
import type { Claim, Network, NetworkRange } from "./snapshot.ts";

/** A range that nothing is given from, since another one stands in its place. */
export interface Refusal {
  readonly range: NetworkRange;
  readonly by: { readonly network: string; readonly cidr: string };
}

/** What became of a network's ranges, each in the order of its spec. */
export interface Acceptance {
  readonly accepted: readonly NetworkRange[];
  readonly refused: readonly Refusal[];
}

interface Candidate {
  readonly network: Network;
  readonly range: NetworkRange;
  readonly rank: number;
}

/**
 * Which ranges are used: network UID → its ranges.
 * 1. Accepted ranges are pairwise disjoint. 2. Of overlapping ranges the one with claims of its own network wins, then one accepted before,
 * then that of the oldest network, so that a newcomer takes nothing from anyone.
 */
export function acceptRanges(networks: readonly Network[], claims: readonly Claim[]): ReadonlyMap<string, Acceptance> {
  const winners = new Map<NetworkRange, Candidate>();
  for (const overlapping of clusters(candidates(networks, claims))) {
    const accepted: Candidate[] = [];
    for (const candidate of overlapping.toSorted(comparePrecedence)) {
      const winner = accepted.find((other) => prefixesOverlap(other.range.prefix, candidate.range.prefix)) ?? candidate;
      winners.set(candidate.range, winner);
      if (winner === candidate) accepted.push(candidate);
    }
  }
  return new Map(networks.map((network) => [network.uid, acceptanceOf(network, winners)]));
}

/** Whether every family of the network has a range to give from, so that a new node can get all it needs. */
export function isUsable(network: Network, acceptance: Acceptance | undefined): boolean {
  if (network.deleting || acceptance === undefined || acceptance.accepted.length === 0) return false;
  const families = new Set(acceptance.accepted.map((range) => range.prefix.family));
  return network.ranges.every((range) => families.has(range.prefix.family));
}

function candidates(networks: readonly Network[], claims: readonly Claim[]): Candidate[] {
  const owned = Map.groupBy(claims, (claim) => claim.object.spec.networkUID);
  return networks.flatMap((network) => {
    const accepted = new Set((network.object.status?.ranges ?? []).filter((range) => range.accepted).map((range) => range.cidr));
    return network.ranges.map((range) => {
      const inUse = owned.get(network.uid)?.some((claim) => containsPrefix(range.prefix, claim.prefix)) ?? false;
      return { network, range, rank: inUse ? 0 : accepted.has(range.cidr) ? 1 : 2 };
    });
  });
}

/** Ranges that overlap stand together; no two of different clusters do. */
function clusters(candidates: readonly Candidate[]): Candidate[][] {
  const found: { readonly widest: Prefix; readonly members: Candidate[] }[] = [];
  for (const candidate of candidates.toSorted((a, b) => comparePrefixes(a.range.prefix, b.range.prefix))) {
    const last = found.at(-1);
    if (last !== undefined && containsPrefix(last.widest, candidate.range.prefix)) last.members.push(candidate);
    else found.push({ widest: candidate.range.prefix, members: [candidate] });
  }
  return found.map(({ members }) => members);
}

function comparePrecedence(a: Candidate, b: Candidate): number {
  return a.rank - b.rank || compareAge(a.network, b.network) || comparePrefixes(a.range.prefix, b.range.prefix);
}

function acceptanceOf(network: Network, winners: ReadonlyMap<NetworkRange, Candidate>): Acceptance {
  const accepted: NetworkRange[] = [];
  const refused: Refusal[] = [];
  for (const range of network.ranges) {
    const winner = winners.get(range);
    if (winner === undefined || winner.range === range) accepted.push(range);
    else refused.push({ range, by: { network: winner.network.name, cidr: winner.range.cidr } });
  }
  return { accepted, refused };
}

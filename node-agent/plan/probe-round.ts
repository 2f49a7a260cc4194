import { isDoubtful, type Standing } from "./probe-verdict.ts";
import type { ProbedPeer, Way } from "./probing.ts";

/** Key of a way → what is known of it. */
export type Standings = ReadonlyMap<string, Standing>;

/** Where the rotation stands. */
export interface Turn {
  readonly round: number;
  /** Index of the peer that is next. */
  readonly next: number;
}

/** Peers that each round takes in turn. Up to so many are all asked in every round. */
export const peersInTurn = 16;

/** Bad ones, and as many doubtful ones, that a round asks besides. */
export const peersBesides = 16;

/** A bad peer is asked by everybody: where there are many nodes, each of them asks it more rarely, so that no more than this ask in one round. */
const askersOfOne = 1_000;

/** Key of a way of a peer, e.g. `"node-2 4"`. */
export function wayKey(node: string, { family }: Pick<Way, "family">): string {
  return `${node} ${family}`;
}

/**
 * Whom to ask in this round: some in turn, then those that are in doubt, then those that are bad, both longest not asked first. So a round costs the same
 * whatever the number of nodes, and each one is asked once in `peers / peersInTurn` rounds at least.
 */
export function nextRound(
  peers: readonly ProbedPeer[],
  standings: Standings,
  { round, next }: Turn,
): { readonly asked: readonly ProbedPeer[]; readonly turn: Turn } {
  const count = Math.min(peersInTurn, peers.length);
  const start = peers.length === 0 ? 0 : next % peers.length;
  const inTurn = Array.from({ length: count }, (_, at) => peers[(start + at) % peers.length]).filter(
    (peer) => peer !== undefined,
  );
  const taken = new Set(inTurn);
  const apart = Math.ceil(peers.length / askersOfOne);
  const lastRound = (peer: ProbedPeer) => Math.max(...standingsOf(peer, standings).map((standing) => standing.round));
  const besides = (test: (standing: Standing) => boolean, fromRound: number) =>
    (peers.length === count ? [] : peers)
      .filter((peer) => !taken.has(peer) && standingsOf(peer, standings).some(test) && lastRound(peer) <= fromRound)
      .toSorted((a, b) => lastRound(a) - lastRound(b))
      .slice(0, peersBesides);
  const doubtful = besides(isDoubtful, round);
  const bad = besides(({ bad }) => bad !== undefined, round - apart).filter((peer) => !doubtful.includes(peer));
  return { asked: [...inTurn, ...doubtful, ...bad], turn: { round: round + 1, next: start + count } };
}

function standingsOf({ node, ways }: ProbedPeer, standings: Standings): Standing[] {
  return ways.map((way) => standings.get(wayKey(node, way))).filter((standing) => standing !== undefined);
}

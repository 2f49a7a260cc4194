import { type Standings, standingsOf, type Survey } from "./probe-survey.ts";
import { isDoubtful, type WayStanding } from "./probe-verdict.ts";
import type { ProbedPeer } from "./probing.ts";

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

/** What a round is chosen from. */
export interface RoundInput extends Pick<Survey, "troubled"> {
  readonly peers: readonly ProbedPeer[];
  readonly standings: Standings;
  readonly turn: Turn;
}

/**
 * Whom to ask in this round: some in turn, then those that are in doubt, then those that are bad, both longest not asked first. So a round costs the same
 * whatever the number of nodes, and each one is asked once in `peers / peersInTurn` rounds at least.
 */
export function nextRound({ peers, troubled, standings, turn: { round, next } }: RoundInput): {
  readonly asked: readonly ProbedPeer[];
  readonly turn: Turn;
} {
  const count = Math.min(peersInTurn, peers.length);
  const start = peers.length === 0 ? 0 : next % peers.length;
  const inTurn = Array.from({ length: count }, (_, at) => peers[(start + at) % peers.length]).filter(
    (peer) => peer !== undefined,
  );
  const taken = new Set(inTurn.map(({ node }) => node));
  const apart = Math.ceil(peers.length / askersOfOne);
  const rest = [...troubled.values()]
    .filter(({ node }) => !taken.has(node))
    .map((peer) => ({ peer, ways: standingsOf(peer, standings) }))
    .map(({ peer, ways }) => ({ peer, ways, last: Math.max(...ways.map((way) => way.round)) }))
    .toSorted((a, b) => a.last - b.last);
  const besides = (test: (standing: WayStanding) => boolean, fromRound: number) =>
    rest.filter(({ ways, last }) => ways.some(test) && last <= fromRound).slice(0, peersBesides);
  const doubtful = besides(isDoubtful, round);
  const bad = besides(({ bad }) => bad !== undefined, round - apart).filter((one) => !doubtful.includes(one));
  const asked = [...inTurn, ...[...doubtful, ...bad].map(({ peer }) => peer)];
  return { asked, turn: { round: round + 1, next: start + count } };
}

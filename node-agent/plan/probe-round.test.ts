import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { toPrefix } from "../../lib/net/prefix.ts";
import { nextRound, peersBesides, peersInTurn, type Turn } from "./probe-round.ts";
import { type Standings, surveyOf, wayKey } from "./probe-survey.ts";
import type { WayStanding } from "./probe-verdict.ts";
import type { ProbedPeer } from "./probing.ts";

function peersNamed(count: number): ProbedPeer[] {
  return Array.from({ length: count }, (_, n) => ({
    node: `node-${String(n).padStart(4, "0")}`,
    ways: [{ family: 4, from: "10.244.0.1", subnet: toPrefix(`10.${n >> 8}.${n & 255}.0/24`), isRouted: true }],
  }));
}

function standing(part: Partial<WayStanding>): WayStanding {
  const fine = { last: "Answered", sameInARow: 1, lostInARow: 0, hasAnswered: true, bad: undefined } as const;
  return { to: "", firstMs: 0, round: 0, ...fine, ...part };
}

const bad = standing({ last: "NoAnswer", lostInARow: 3, sameInARow: 3, bad: { reason: "NoAnswer", sinceMs: 0 } });
const doubtful = standing({ last: "NoAnswer", lostInARow: 1 });

/** What is known: these of the peers are bad, these doubtful. */
function known(peers: readonly ProbedPeer[], states: Readonly<Record<number, WayStanding>>) {
  return new Map(
    peers.flatMap(({ node, ways: [way] }, n) => {
      const state = states[n];
      return state === undefined || way === undefined ? [] : [[wayKey(node, way), state] as const];
    }),
  );
}

/** The round that follows from all that is known. */
function roundOf(peers: readonly ProbedPeer[], standings: Standings, turn: Turn) {
  return nextRound({ peers, standings, turn, troubled: surveyOf(peers, standings).troubled });
}

const start: Turn = { round: 1, next: 0 };

test("so many as a round takes are all asked in every round, each once", () => {
  for (const count of [0, 1, 2, peersInTurn]) {
    const peers = peersNamed(count);
    const { asked } = roundOf(peers, known(peers, { 0: bad, 1: doubtful }), { round: 7, next: 5 });
    assert.equal(asked.length, count);
    assert.equal(new Set(asked).size, count);
  }
});

test("more are asked in turn, from wherever it begins; what is bad or in doubt is asked in every round besides", () => {
  const peers = peersNamed(100);
  const standings = known(peers, { 60: bad, 70: doubtful, 80: standing({}) });
  const first = roundOf(peers, standings, { round: 1, next: 95 });
  const names = (asked: readonly ProbedPeer[]) => asked.map(({ node }) => Number(node.slice(5)));
  assert.deepEqual(names(first.asked), [95, 96, 97, 98, 99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 70, 60]);
  const second = roundOf(peers, standings, first.turn);
  assert.deepEqual(names(second.asked).slice(0, 2), [11, 12]);
  assert.deepEqual(names(second.asked).slice(-2), [70, 60]);
});

test("of many bad ones, those that were not asked for the longest time are", () => {
  const peers = peersNamed(100);
  const states = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [at + 20, { ...bad, round: 100 - at }]));
  const { asked } = roundOf(peers, known(peers, states), { round: 200, next: 0 });
  const [first = 0, ...others] = asked.slice(peersInTurn).map(({ node }) => Number(node.slice(5)));
  assert.deepEqual([first, others.length + 1, others.at(-1)], [99, peersBesides, 100 - peersBesides]);
});

test("in a large cluster one bad node is asked more rarely by each, since all ask it", () => {
  const peers = peersNamed(3_000);
  const asksIn = (round: number) =>
    roundOf(peers, known(peers, { 2_999: { ...bad, round: 10 } }), { round, next: 0 }).asked.length - peersInTurn;
  assert.deepEqual([11, 12, 13].map(asksIn), [0, 0, 1]);
});

test("whatever is known, a round is bounded, asks nobody twice, and each node is asked within a rotation", () => {
  const state = fc.constantFrom(bad, doubtful, standing({}), undefined);
  fc.assert(
    fc.property(fc.array(state, { maxLength: 120 }), fc.nat(500), (states, next) => {
      const peers = peersNamed(states.length);
      const given = Object.fromEntries(states.flatMap((one, at) => (one === undefined ? [] : [[at, one]])));
      const seen = new Set<ProbedPeer>();
      let turn: Turn = { ...start, next };
      for (let round = 0; round < Math.ceil(peers.length / peersInTurn); round++) {
        const step = roundOf(peers, known(peers, given), turn);
        assert.ok(step.asked.length <= peersInTurn + 2 * peersBesides);
        assert.equal(new Set(step.asked).size, step.asked.length);
        for (const peer of step.asked) seen.add(peer);
        turn = step.turn;
      }
      assert.equal(seen.size, peers.length);
    }),
  );
});

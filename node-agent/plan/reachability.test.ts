import assert from "node:assert/strict";
import { test } from "node:test";
import { toPrefix } from "../../lib/net/prefix.ts";
import { forgetOthers, type Standings, surveyOf, wayKey } from "./probe-survey.ts";
import type { WayStanding } from "./probe-verdict.ts";
import type { ProbedPeer } from "./probing.ts";
import { countBad, reachabilityOf, recalledStandings } from "./reachability.ts";

function peer(n: number): ProbedPeer {
  const from = { 4: "10.244.1.1", 6: "fd00:10:244:1::1" };
  const to = { 4: `10.244.${n}.0/24`, 6: `fd00:10:244:${n}::/64` };
  const name = `node-${String(n).padStart(2, "0")}`;
  return {
    node: name,
    ways: ([4, 6] as const).map((family) => ({ family, from: from[family], subnet: toPrefix(to[family]), isRouted: true })),
  };
}

const fine: WayStanding = {
  to: "10.244.2.1",
  firstMs: 0,
  hasAnswered: true,
  last: "Answered",
  sameInARow: 9,
  lostInARow: 0,
  bad: undefined,
  round: 9,
};
const bad: WayStanding = { ...fine, last: "NoAnswer", lostInARow: 5, bad: { reason: "NoAnswer", sinceMs: 1_767_225_600_000 } };
const fresh: WayStanding = { ...fine, hasAnswered: false, last: "NoAnswer", lostInARow: 1 };

const tellOf = (peers: readonly ProbedPeer[], standings: Standings) =>
  reachabilityOf(peers.length, surveyOf(peers, standings), standings);

/** Every way of these peers stands so. */
function all(peers: readonly ProbedPeer[], standing: WayStanding): Map<string, WayStanding> {
  return new Map(peers.flatMap(({ node, ways }) => ways.map((way) => [wayKey(node, way), standing] as const)));
}

test("what is bad is told by node and family, with a reason and since when; the good ones are counted", () => {
  const peers = [peer(2), peer(3)];
  const standings = all(peers, fine).set("node-03 6", bad);
  assert.deepEqual(tellOf(peers, standings), {
    probed: 2,
    bad: [{ node: "node-03", family: "IPv6", reason: "NoAnswer", since: "2026-01-01T00:00:00Z" }],
  });
  assert.deepEqual(tellOf(peers, all(peers, fine)), { probed: 2 });
  assert.deepEqual(tellOf([], new Map()), { probed: 0 });
});

test("nothing is told while nothing is known; a node counts once all of its ways are known", () => {
  const peers = [peer(2), peer(3)];
  assert.equal(tellOf(peers, all(peers, fresh)), undefined);
  assert.deepEqual(tellOf(peers, all(peers, fine).set("node-02 4", fresh)), { probed: 1 });
});

test("of many bad nodes the first 16 are named, and all are counted", () => {
  const peers = Array.from({ length: 40 }, (_, n) => peer(n + 2));
  const { bad: named = [], probed } = tellOf(peers, all(peers, bad)) ?? assert.fail();
  assert.deepEqual([named.length, probed, countBad(surveyOf(peers, all(peers, bad)), all(peers, bad))], [32, 40, 40]);
  assert.deepEqual([named[0]?.node, named.at(-1)?.node], ["node-02", "node-17"]);
});

test("an agent begins with what the last one told of the nodes that are still there, and tells the same", () => {
  const peers = [peer(2), peer(3)];
  const told = tellOf(peers, all(peers, bad)) ?? assert.fail();
  assert.deepEqual(tellOf(peers, recalledStandings(told, peers, 7)), told);
  const [first = assert.fail()] = peers;
  assert.deepEqual([...recalledStandings(told, [first], 7).keys()], ["node-02 4", "node-02 6"]);
  const odd = [{ node: "node-02", family: "IPv4", reason: "OfALaterVersion", since: "2026-01-01T00:00:00Z" } as const];
  assert.equal(recalledStandings({ probed: 2, bad: odd }, peers, 7).size, 0);
});

test("what was known of a node that went is forgotten", () => {
  const peers = [peer(2), peer(3)];
  assert.deepEqual([...forgetOthers(all(peers, fine), peers.slice(1)).keys()], ["node-03 4", "node-03 6"]);
});

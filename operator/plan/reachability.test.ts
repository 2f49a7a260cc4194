import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { NodeNetworkStatusReachabilityBad } from "../../crds/types.ts";
import { bornAtMs, claim, condition, networkOf, withLedger } from "../../test/support/plan-snapshot.ts";
import {
  nodeOf,
  recordsOf,
  type Report,
  reportAt,
  statusesOf,
  statusOf,
  told,
  worldOf,
} from "../../test/support/status-world.ts";
import { joiningMs } from "./node-progress.ts";
import { suspectsOf, type UnreachedPair } from "./reachability.ts";

const later = bornAtMs + joiningMs + 1_000;
const wasReady = networkOf("default", ["10.244.0.0/16"], { status: { conditions: [condition("Ready", "True")] } });
const nodesUpTo = (count: number) => Array.from({ length: count }, (_, index) => nodeOf(index + 1, "True"));
const remedy =
  "let the pods' packets, those of tunnels and UDP at PODNET_PROBE_PORT pass between these nodes; status.reachability of their NodeNetworks has more";

/** An agent that reaches all but nodes with these numbers. */
function missing(...numbers: readonly number[]): NonNullable<Report> {
  return saying(...numbers.map((number) => ({ node: `node-${number}` })));
}

function saying(...words: readonly Partial<NodeNetworkStatusReachabilityBad>[]): NonNullable<Report> {
  const bad = words.map((word) => ({
    node: "",
    family: "IPv4" as const,
    reason: "NoAnswer",
    since: "2026-01-01T00:00:00Z",
    ...word,
  }));
  return reportAt(later, "True", { reachability: { probed: 2, ...(bad.length > 0 && { bad }) } });
}

function statusWith(count: number, reports: Readonly<Record<string, Report>>, nodes = nodesUpTo(count), network = wasReady) {
  const all = Object.fromEntries(nodes.map(({ name }) => [name, reports[name] ?? missing()]));
  return statusOf(worldOf(network, nodes, all), { nowMs: later });
}

test("where all are reached, Reachable says how many nodes looked", () => {
  assert.equal(told(statusWith(3, {}), "Reachable"), "Reachable True/Reachable: 3 nodes of 3 probed, all reached");
});

test("two nodes that do not reach each other are named, with the families, and the network is Ready as long as one node may be unavailable", () => {
  const status = statusWith(3, {
    "node-2": saying({ node: "node-3" }, { node: "node-3", family: "IPv6" }),
    "node-3": missing(2),
  });
  const says = `1 pair of nodes not reached: node-2 and node-3 (IPv4: no answer, IPv6: no answer); ${remedy}`;
  assert.equal(told(status, "Reachable"), `Reachable False/PeersUnreachable: ${says}`);
  assert.equal(told(status, "Ready"), `Ready True/Ready: 3 of 3 nodes programmed; ${says}`);
  assert.match(told(status, "Reconciling"), /^Reconciling False/);
});

test("where only one of two says so, it is named as the one that does, with what it found", () => {
  const status = statusWith(3, { "node-3": saying({ node: "node-2", reason: "FullSizeLost" }) });
  assert.match(told(status, "Reachable"), /: node-3 to node-2 \(IPv4: packets of full size vanish, smaller ones pass\); /);
  const later = statusWith(3, { "node-3": saying({ node: "node-2", reason: "OfALaterVersion" }) });
  assert.match(told(later, "Reachable"), /: node-3 to node-2 \(IPv4: OfALaterVersion\); /);
});

test("more nodes at fault than may be unavailable, and the network is not Ready", () => {
  const two = statusWith(6, { "node-1": missing(2), "node-3": missing(4) });
  assert.match(
    told(two, "Ready"),
    /^Ready False\/PeersUnreachable: 2 pairs of nodes not reached: node-1 to node-2 .*, node-3 to node-4 /,
  );
  assert.match(told(two, "Reconciling"), /^Reconciling True\/PeersUnreachable/);
  assert.match(told(two, "Stalled"), /^Stalled False/);
  const rollout = { maxUnavailableNodes: 2, paused: false };
  const status = { conditions: [condition("Ready", "True")] };
  const lenient = networkOf("default", ["10.244.0.0/16"], { spec: { rollout }, status });
  assert.match(
    told(statusWith(6, { "node-1": missing(2), "node-3": missing(4) }, nodesUpTo(6), lenient), "Ready"),
    /^Ready True/,
  );
});

test("a network does not become Ready for the first time while two of its nodes do not reach each other", () => {
  const soon = bornAtMs + 60_000;
  const young = networkOf("default", ["10.244.0.0/16"]);
  const all = {
    "node-1": { ...missing(2), observedAt: "2026-01-01T00:01:00Z" },
    "node-2": { ...missing(), observedAt: "2026-01-01T00:01:00Z" },
  };
  const status = statusOf(worldOf(young, nodesUpTo(2), all), { nowMs: soon });
  assert.match(told(status, "Ready"), /^Ready False\/PeersUnreachable/);
});

test("a node that reaches nobody, or says so, is one bad node, and the others stay reachable", () => {
  const everybody = [1, 2, 3, 4, 5, 6, 8, 9];
  const status = statusWith(9, { "node-7": missing(...everybody) });
  assert.equal(
    told(status, "Reachable").split("; ")[0],
    "Reachable False/PeersUnreachable: 8 pairs of nodes not reached: node-7 to node-1 (IPv4: no answer), node-7 to node-2 (IPv4: no answer), " +
      "node-7 to node-3 (IPv4: no answer), node-7 and 5 others",
  );
  assert.match(told(status, "Ready"), /^Ready True/);
  const cutOff = Object.fromEntries(everybody.map((number) => [`node-${number}`, missing(7)]));
  assert.match(told(statusWith(9, { ...cutOff, "node-7": missing(...everybody) }), "Ready"), /^Ready True/);
});

test("no word counts of a node that is not Ready, not programmed, silent, unknown, or without probes; nor its own", () => {
  const reports = (part: Readonly<Record<string, Report>>) => ({ "node-1": missing(2), "node-2": missing(1), ...part });
  const isReached = (status: ReturnType<typeof statusWith>) => told(status, "Reachable").startsWith("Reachable True");
  assert.ok(!isReached(statusWith(3, reports({}))));
  for (const readiness of ["False", "Unknown"] as const) {
    const nodes = [nodeOf(1, "True"), nodeOf(2, readiness), nodeOf(3, "True")];
    assert.ok(isReached(statusWith(3, reports({}), nodes)), readiness);
  }
  assert.ok(isReached(statusWith(3, reports({ "node-2": { ...missing(1), observedAt: "2026-01-01T00:00:00Z" } }))), "silent");
  assert.ok(isReached(statusWith(3, reports({ "node-2": { ...missing(1), configGeneration: 0 } }))), "not programmed");
  assert.ok(isReached(statusWith(3, reports({ "node-2": reportAt(later) }))), "of an older version");
  assert.ok(isReached(statusWith(3, { "node-1": saying({ node: "node-1" }, { node: "node-99" }, { node: "__proto__" }) })));
});

test("without a word of any agent it is unknown, which keeps nothing from being Ready; without nodes all is well", () => {
  const reports = { "node-1": reportAt(later), "node-2": reportAt(later) };
  const status = statusOf(worldOf(wasReady, nodesUpTo(2), reports), { nowMs: later });
  assert.equal(told(status, "Reachable"), "Reachable Unknown/NotProbed: no agent has told yet whom it reaches");
  assert.match(told(status, "Ready"), /^Ready True/);
  assert.match(told(statusOf(worldOf(wasReady, [], {})), "Reachable"), /^Reachable True\/NoNodes/);
});

test("a pair across two networks is told on both", () => {
  const labelled = (number: number, pool: string) => nodeOf(number, "True", { labels: { pool } });
  const nodes = [labelled(1, "a"), labelled(2, "b")];
  const [a, b] = ["a", "b"].map((pool, index) =>
    networkOf(pool, [`10.24${index + 4}.0.0/16`], { spec: { nodeSelector: { matchLabels: { pool } } } }),
  );
  assert.ok(a !== undefined && b !== undefined);
  const claims = nodes.map((owner, index) => claim(`10.24${index + 4}.1.0/24`, owner, [a, b][index] ?? a));
  const bare = withLedger({ networks: [a, b], nodes, claims });
  const both = { ...bare, records: recordsOf(bare, { "node-1": missing(2), "node-2": missing(1) }) };
  const statuses = statusesOf(both, { nowMs: later });
  for (const name of ["a", "b"]) assert.match(told(statuses.get(name), "Reachable"), /node-1 and node-2/, name);
});

test("the message stays short, whatever agents say", () => {
  const all = Object.fromEntries(nodesUpTo(200).map(({ name }, index) => [name, missing(...around(index + 1, 200))]));
  const status = statusWith(200, all);
  const message = status.conditions?.find(({ type }) => type === "Reachable")?.message ?? "";
  assert.match(message, / and more; /);
  assert.ok(message.length < 2_000, `${message.length}`);
});

function around(number: number, count: number): number[] {
  return Array.from({ length: 16 }, (_, step) => ((number + step) % count) + 1).filter((other) => other !== number);
}

const pair = (from: number, to: number): UnreachedPair => {
  return { from: `node-${from}`, to: `node-${to}`, isMutual: false, ways: ["IPv4: NoAnswer"] };
};

test("one agent among honest ones, whatever it says, is one bad node at most", () => {
  fc.assert(
    fc.property(fc.nat(20), fc.uniqueArray(fc.nat(20), { maxLength: 16 }), (liar, others) => {
      const pairs = others.filter((other) => other !== liar).map((other) => pair(liar, other));
      assert.ok(suspectsOf(pairs, 100).length <= 1);
    }),
  );
});

test("every pair is explained by one suspect, and whatever order the pairs come in, the suspects are the same", () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.nat(12), fc.integer({ min: 13, max: 25 })), { selector: String, maxLength: 40 });
  fc.assert(
    fc.property(
      pairs.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
      ([some, shuffled]) => {
        const [one, other] = [some, shuffled].map((list) =>
          suspectsOf(
            list.map(([a, b]) => pair(a, b)),
            100,
          ),
        );
        assert.deepEqual(
          one?.map(({ node }) => node),
          other?.map(({ node }) => node),
        );
        assert.equal(one?.flatMap(({ pairs: explained }) => explained).length, some.length);
        for (const { node, pairs: explained } of one ?? [])
          assert.ok(explained.every(({ from, to }) => from === node || to === node));
      },
    ),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../../crds/conditions.ts";
import type { NodeNetworkStatus } from "../../crds/types.ts";
import { bornAtMs, condition, networkOf } from "../../test/support/plan-snapshot.ts";
import { nodeOf, reportAt, statusOf, worldOf } from "../../test/support/status-world.ts";
import { type DriftTold, driftEvents, driftWords } from "./drift-events.ts";
import type { Snapshot } from "./snapshot.ts";
import { standingEvents } from "./standing-events.ts";

const network = networkOf("default", ["10.244.0.0/16"]);
const nodes = [nodeOf(1), nodeOf(2), nodeOf(3)];
const nowMs = bornAtMs + 1_000;

/** What an agent says that put right so many things, the last of them so long ago. */
function repaired(repairsTotal: number, agoMs = 0, part: Partial<NodeNetworkStatus> = {}): NodeNetworkStatus {
  const at = renderTime(nowMs - agoMs);
  const last = { kind: "route", key: "10.244.9.0/24", because: "missing", at, wrongMs: 12 };
  return { ...reportAt(nowMs), drift: { repairsTotal, last }, ...part };
}

function world(reports: Readonly<Record<string, NodeNetworkStatus>>): Snapshot {
  return worldOf(network, nodes, { "node-1": reportAt(nowMs), "node-2": reportAt(nowMs), "node-3": reportAt(nowMs), ...reports });
}

const driftIn = (snapshot: Snapshot) => statusOf(snapshot, { nowMs }).drift;

/** What is told of each of these worlds, so many minutes after each other. */
function told(minutes: number, ...worlds: readonly Snapshot[]): string[][] {
  let known: DriftTold = new Map();
  return worlds.map((snapshot, n) => {
    const drift = driftEvents(known, driftWords(snapshot, nowMs), n * minutes * 60_000);
    known = drift.told;
    return drift.events.map(({ regarding: { kind, name }, note }) => `${kind}/${name}: ${note}`);
  });
}

test("a network sums what its nodes put right and has the newest of it; nothing where nobody did", () => {
  assert.equal(driftIn(world({})), undefined);
  const drift = driftIn(world({ "node-1": repaired(3, 5_000), "node-3": repaired(4, 2_000) }));
  assert.deepEqual(drift, {
    repairsTotal: 7,
    last: { node: "node-3", kind: "route", key: "10.244.9.0/24", because: "missing", at: renderTime(nowMs - 2_000), wrongMs: 12 },
  });
});

test("an agent that lies inflates no more than its own number, and the time to come is not the newest for ever", () => {
  const liar = repaired(Number.MAX_SAFE_INTEGER, -3_600_000);
  const drift = driftIn(world({ "node-1": liar, "node-2": repaired(4, 2_000) }));
  assert.equal(drift?.repairsTotal, 1_000_000_004);
  assert.equal(drift?.last?.node, "node-2");
});

test("words of agents are shown so that they deceive nobody", () => {
  const because = `rule 1 is "${"\u202e".repeat(100)}"`;
  const last = { kind: "table", key: "inet podnet", because, at: renderTime(nowMs), wrongMs: 1 };
  const shown = driftIn(world({ "node-1": { ...repaired(1), drift: { repairsTotal: 1, last } } }))?.last?.because ?? "";
  assert.match(shown, /^rule 1 is "\\u202e/);
  assert.equal(shown.length, 256);
});

test("what an agent said of a Node that was there before under the same name does not count", () => {
  const snapshot = world({ "node-1": repaired(3) });
  const anew = snapshot.nodes.map((node) => (node.name === "node-1" ? { ...node, uid: "another" } : node));
  assert.equal(driftIn({ ...snapshot, nodes: anew }), undefined);
});

test("repairs are told on the network and the node, with their number and the newest; what was there at first sight is not", () => {
  const [first, second] = told(
    1,
    world({ "node-1": repaired(3) }),
    world({ "node-1": repaired(5), "node-2": repaired(1, 9_000) }),
  );
  assert.deepEqual(first, []);
  assert.deepEqual(second, [
    "PodNetwork/default: put right 3 things that somebody else changed or took away; the newest on node-1: route 10.244.9.0/24 (missing, for 12 ms at most)",
    "Node/node-1: put right 2 things that somebody else changed or took away; the newest: route 10.244.9.0/24 (missing, for 12 ms at most)",
    "Node/node-2: put right 1 thing that somebody else changed or took away; the newest: route 10.244.9.0/24 (missing, for 12 ms at most)",
  ]);
});

test("repairs without an end are told once in ten minutes, all that there were since", () => {
  const worlds = Array.from({ length: 25 }, (_, n) => world({ "node-1": repaired(n) }));
  const numbers = told(1, ...worlds).map((notes) => notes.map((note) => Number(/: put right (\d+) thing/.exec(note)?.[1])));
  const at = numbers.flatMap((found, minute) => (found.length === 0 ? [] : [[minute, ...found]]));
  assert.deepEqual(at, [
    [1, 1, 1],
    [11, 10, 10],
    [21, 10, 10],
  ]);
});

test("a node that begins to count anew, or leaves, is told of again from there on", () => {
  const worlds = [10, 2, 5].map((total) => world({ "node-1": repaired(total) }));
  assert.match(told(20, ...worlds)[2]?.[0] ?? "", /^PodNetwork\/default: put right 3 things/);
});

test("a node on which somebody keeps undoing things is told of on the Node, as long as its own agent says so", () => {
  const contended = condition("DriftContended", "True", { message: "somebody keeps undoing route 10.244.9.0/24" });
  const snapshot = world({ "node-2": reportAt(nowMs, "True", { conditions: [condition("Programmed", "True"), contended] }) });
  const tell = (of: Snapshot) =>
    standingEvents(of, { unselected: [], unserved: [] }).map(
      ({ regarding, reason, note }) => `${regarding.kind}/${regarding.name} ${reason}: ${note}`,
    );
  assert.deepEqual(tell(snapshot), ["Node/node-2 DriftContended: somebody keeps undoing route 10.244.9.0/24"]);
  assert.deepEqual(tell(world({})), []);
});

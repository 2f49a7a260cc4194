import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../../crds/conditions.ts";
import type { NodeNetworkStatus, NodeSubnetSpec } from "../../crds/types.ts";
import {
  bornAt,
  bornAtMs,
  claim,
  condition,
  ledger,
  network,
  networkOf,
  node,
  record,
  withLedger,
} from "../../test/support/plan-snapshot.ts";
import { planWorld } from "../../test/support/plan-world.ts";
import { allocate } from "./allocate.ts";
import { isDeadSilent, isLetGo, planHolds } from "./hold.ts";
import type { Claim, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

const held = { state: "Held", heldAt: bornAt, releaseSequence: 7 } as const;
const nodes = [1, 2, 3].map((number) => node(`node-${number}`));
const base = planWorld({ networks: [network()], nodes });
base.pass();

/** NodeNetworks of the three nodes, with these acknowledgements, all heard of `ageMs` before `nowMs`. */
function recordsOf(
  sequences: readonly (number | undefined)[],
  nowMs: number,
  part: NodeNetworkStatus = {},
  incarnation = "first",
): NodeRecord[] {
  return base.now().records.map(({ object }, at) => {
    const sequence = sequences[at];
    const acknowledged = sequence === undefined ? {} : { acknowledged: { incarnation, sequence } };
    return record({ ...object, status: { observedAt: renderTime(nowMs), ...acknowledged, ...part } });
  });
}

/** What becomes of the claim of a Node that is gone, so long after it was Held. */
function verdict(
  afterMs: number,
  records: (nowMs: number) => readonly NodeRecord[],
  part: Partial<NodeSubnetSpec> = {},
  more: Partial<Snapshot> = {},
) {
  const nowMs = bornAtMs + afterMs;
  const resting = claim("10.244.9.0/24", node("gone"), undefined, { ...held, ...part });
  const world = withLedger({ networks: [network()], nodes, ledger: ledger({ releaseSequence: 9 }) });
  const [{ object } = assert.fail()] = base.now().records;
  const left = record({ ...object, metadata: { name: "gone" }, spec: { ...object.spec, nodeUID: "uid-gone" } });
  const snapshot = { ...world, claims: [resting], records: [...records(nowMs), left], ...more };
  const { expired, againAfterMs } = planHolds(snapshot, allocate(snapshot), { nowMs, heartbeatSeconds: 60 });
  return expired.map(({ because }) => because)[0] ?? againAfterMs;
}

const allSaw = (nowMs: number) => recordsOf([7, 8, 9], nowMs);
const oneBehind = (nowMs: number) => recordsOf([7, 6, 9], nowMs);

test("what rests of a Node that is gone waits until its machine's agent has seen that, while it is heard of, be it that it says that it has nothing", () => {
  const afterMs = 400_000;
  const nowMs = bornAtMs + afterMs;
  const [{ object } = assert.fail()] = base.now().records;
  const withLeft = (sequence: number, spokenMs: number, incarnation = "first") => {
    const status = {
      nodeUID: "uid-gone",
      observedAt: renderTime(spokenMs),
      acknowledged: { incarnation, sequence },
      subnets: [],
    };
    const left = record({ ...object, metadata: { name: "gone" }, spec: { ...object.spec, nodeUID: "uid-gone" }, status });
    return verdict(afterMs, allSaw, {}, { records: [...allSaw(nowMs), left] });
  };
  assert.equal(withLeft(7, nowMs), "its hold is over");
  assert.equal(withLeft(6, nowMs), undefined);
  assert.equal(withLeft(7, nowMs, "another"), undefined);
  assert.equal(withLeft(6, nowMs - 3_600_000), "its hold is over", "it is not heard of any more");
});

test("a Held claim goes when its time is over and every agent has seen it Held; until then it says when to look again", () => {
  assert.equal(verdict(299_000, allSaw), 1_000);
  assert.equal(verdict(300_000, allSaw), "its hold is over");
  assert.equal(verdict(300_000, oneBehind), undefined);
  assert.equal(verdict(1e9, oneBehind), undefined, "an agent that is heard of is waited for without end");
});

test("numbers of another incarnation count for nothing, an agent's and a claim's", () => {
  assert.equal(
    verdict(1e9, (nowMs) => recordsOf([7, 99, 9], nowMs, {}, "earlier")),
    undefined,
  );
  assert.equal(verdict(1e9, allSaw, { incarnation: "earlier" }), undefined);
});

test("a claim without a number, in any other state, or while a loss is made good, stays", () => {
  const { releaseSequence: _, ...unnumbered } = claim("10.244.9.0/24", node("gone"), undefined, held).object.spec;
  const without = { claims: [claim("10.244.9.0/24", node("gone"), undefined, { ...unnumbered })] };
  assert.equal(verdict(1e9, allSaw, {}, without), undefined);
  for (const state of ["Pending", "Active", "Draining"] as const) assert.equal(verdict(1e9, allSaw, { state }), undefined, state);
  const recovery = { since: bornAt, until: bornAt, reason: "LedgerLost" };
  assert.equal(verdict(1e9, allSaw, {}, { ledger: ledger({ releaseSequence: 9, recovery }) }), undefined);
  assert.equal(verdict(1e9, allSaw, {}, { ledger: undefined }), undefined);
});

test("an agent that was not heard of for three heartbeats is waited for until ten times the hold, and then named", () => {
  const silent = (nowMs: number) => [
    ...recordsOf([7], nowMs).slice(0, 1),
    ...recordsOf([undefined, 2, 6], nowMs - 217_000).slice(1),
  ];
  assert.equal(verdict(2_999_000, silent), 1_000);
  assert.equal(verdict(3_000_000, silent), "its hold is over; not heard of, and no longer waited for: node-2, node-3");
  const late = (nowMs: number) => [
    ...recordsOf([7], nowMs).slice(0, 1),
    ...recordsOf([undefined, 2, 7], nowMs - 215_000).slice(1),
  ];
  assert.equal(verdict(1e9, late), undefined);
});

test("one that is silent, but had seen the release, keeps nobody waiting", () => {
  assert.equal(
    verdict(300_000, (nowMs) => recordsOf([7, 7, 7], nowMs - 1e8)),
    "its hold is over",
  );
});

test("a node that had a network and whose NodeNetwork is lost counts as silent; one that was told nothing counts for nothing", () => {
  const told = { type: "NetworkUnavailable", status: "False" as const, reason: "PodnetProgrammed", message: "" };
  const two = (nowMs: number) => recordsOf([7, 7], nowMs).slice(0, 2);
  assert.equal(verdict(300_000, two), "its hold is over");
  const forgotten = { nodes: [...nodes.slice(0, 2), node("node-3", { conditions: [told] })] };
  assert.equal(verdict(300_000, two, {}, forgotten), 2_700_000);
});

test("a node that was told and never reported counts as silent: it may have programmed what it was told", () => {
  const third = base.now().records.filter(({ node }) => node === "node-3");
  const told = (nowMs: number) => [...recordsOf([7, 7], nowMs).slice(0, 2), ...third];
  assert.equal(verdict(300_000, told), 2_700_000);
});

test("a machine that came back as another Node object is there, however silent its agent: it is waited for", () => {
  const again = { nodes: [...nodes.slice(0, 2), node("node-3", { machineID: "m3", meta: { uid: "another" } })] };
  const silent = (nowMs: number) =>
    recordsOf([7, 7, 6], nowMs).map((one) =>
      one.node === "node-3"
        ? record({ ...one.object, status: { ...one.object.status, machineID: "m3", observedAt: renderTime(nowMs - 600_000) } })
        : one,
    );
  assert.equal(verdict(300_000, silent, {}, again), 2_700_000);
});

test("a claim that an agent still has stays, with pods or without, however long; the word of a silent one of a Node that is there counts ten times as long", () => {
  const leases = (count: number) => ({ subnets: [{ cidr: "10.244.9.0/24", leases: count, free: 1 }] });
  for (const count of [0, 1]) {
    assert.equal(
      verdict(1e9, (nowMs) => recordsOf([7, 8, 9], nowMs, leases(count))),
      undefined,
    );
  }
  assert.equal(
    verdict(1e9, (nowMs) => recordsOf([7, 8, 9], nowMs, { subnets: [] })),
    "its hold is over",
  );
  const silent = (nowMs: number) => [
    ...recordsOf([7, 8, 9], nowMs, { subnets: [] }).slice(0, 2),
    ...recordsOf([7, 8, 9], nowMs - 1e6, leases(1)).slice(2),
  ];
  assert.equal(verdict(2_999_000, silent), 1_000);
  assert.equal(verdict(3_000_000, silent), "its hold is over; not heard of, and no longer waited for: node-3");
});

test("the time is its network's, else that of a network of the same name, else five minutes", () => {
  const short = network({ spec: { release: { holdSeconds: 30 } } });
  const at = (networks: Snapshot["networks"], part: Partial<NodeSubnetSpec> = {}) => verdict(0, allSaw, part, { networks });
  assert.equal(at([short]), 30_000);
  assert.equal(at([short], { networkUID: "uid-before" }), 30_000);
  assert.equal(at([networkOf("other", ["10.9.0.0/16"])]), 300_000);
});

test("a hundred silent agents are counted, and ten named", () => {
  const many = Array.from({ length: 100 }, (_, at) => node(`node-${at}`, { addresses: [`192.168.2.${at}`] }));
  const world = planWorld({ networks: [network()], nodes: many });
  world.pass();
  const records = world
    .now()
    .records.map(({ object }) => record({ ...object, status: { conditions: [condition("Programmed", "True")] } }));
  const found = verdict(1e8, () => records, {}, { nodes: many });
  assert.match(String(found), /node-0, node-1, node-10, .* and 90 more$/);
});

test("the last Held claim of a Node stays until the Node says that its network is gone; beside a serving one it need not", () => {
  const says = (status: "True" | "False") => ({ type: "NetworkUnavailable", status, reason: "PodnetProgrammed", message: "" });
  const found = (status: "True" | "False", claims: readonly Claim[]) => {
    const owner = node("node-1", { conditions: [says(status)] });
    const world = withLedger({ networks: [network()], nodes: [owner], ledger: ledger({ releaseSequence: 9 }) });
    const snapshot = { ...world, claims };
    return planHolds(snapshot, allocate(snapshot), { nowMs: bornAtMs + 1e9, heartbeatSeconds: 60 }).expired.length;
  };
  const owner = node("node-1");
  const resting = claim("10.244.9.0/24", owner, undefined, held);
  assert.deepEqual([found("False", [resting]), found("True", [resting])], [0, 1]);
  assert.equal(found("False", [resting, claim("10.244.8.0/24", owner)]), 1);
});

test("the claim's own node without a NodeNetwork may have it, since that was lost: it counts as silent, be its Node made anew or gone", () => {
  const late = (owner: NodeFacts) => {
    const world = withLedger({ networks: [network()], nodes: [owner], ledger: ledger({ releaseSequence: 9 }) });
    const snapshot = { ...world, claims: [claim("10.244.9.0/24", node("node-1"), undefined, held)] };
    const at = (afterMs: number) =>
      planHolds(snapshot, allocate(snapshot), { nowMs: bornAtMs + afterMs, heartbeatSeconds: 60 }).expired.length;
    return [at(2_999_000), at(3_000_000)];
  };
  assert.deepEqual(late(node("node-1")), [0, 1]);
  assert.deepEqual(late(node("node-1", { meta: { uid: "anew" } })), [0, 1]);
  assert.deepEqual(late(node("node-2")), [0, 1]);
});

test("the NodeNetwork of a Node that is gone is let go when its agent has nothing, or said nothing for a hold, the first word included", () => {
  const { object } = base.now().records[0] ?? assert.fail();
  const snapshot = { ...base.now(), nodes: [] };
  const isGone = (status: NodeNetworkStatus | undefined, afterMs: number) => {
    const { status: _, ...bare } = object;
    const one = record(status === undefined ? bare : { ...bare, status: { nodeUID: object.spec.nodeUID, ...status } });
    const input = { nowMs: bornAtMs + afterMs, heartbeatSeconds: 60 };
    const isGoing = isLetGo(one, snapshot, input);
    // One that gave a word is taken for dead three heartbeats after it, however long it is kept.
    if (status === undefined) assert.equal(isDeadSilent(one, snapshot, input), isGoing);
    return isGoing;
  };
  assert.equal(isGone({ observedAt: bornAt, subnets: [] }, 1), true);
  const having = { observedAt: bornAt, subnets: [{ cidr: "10.244.0.0/24", leases: 0, free: 1 }] };
  for (const status of [undefined, having]) {
    assert.equal(isGone(status, 299_000), false);
    assert.equal(isGone(status, 301_000), true);
  }
});

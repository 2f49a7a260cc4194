import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkStatus, NodeSubnetSpec } from "../../crds/types.ts";
import {
  bornAt,
  bornAtMs,
  claim,
  ledger,
  network as networkWith,
  networkOf,
  record,
  withLedger,
} from "../../test/support/plan-snapshot.ts";
import { claimOf, nodeOf, recordsOf, reportAt, statusesOf, statusOf, worldOf } from "../../test/support/status-world.ts";
import type { NodeRecord, Snapshot } from "./snapshot.ts";

const soon = bornAtMs + 1_000;
const afterHold = bornAtMs + 301_000;
const leaving = networkOf("default", ["10.244.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
const other = { cidr: "10.245.0.0/16", nodePrefixLength: 24 };
const drained = networkWith({ spec: { ranges: [{ ...range, state: "Draining" }, other] } });
const three = [1, 2, 3].map((number) => nodeOf(number, "True"));
const held: Partial<NodeSubnetSpec> = { state: "Held", heldAt: bornAt };

/** e.g. `["Node node-1: 3 pods"]`. */
function blockers(snapshot: Snapshot, question: Parameters<typeof statusOf>[1] = {}): string[] {
  return (statusOf(snapshot, question).blockedBy ?? []).map(({ kind, name, reason }) => `${kind} ${name}: ${reason}`);
}

/** Reports these leases of each node's 10.244.N.0/24. */
function withLeases(snapshot: Snapshot, leases: readonly number[]): Record<string, ReturnType<typeof reportAt>> {
  return Object.fromEntries(
    snapshot.nodes.map(({ name }, index) => {
      const subnet = { cidr: `10.244.${index + 1}.0/24`, leases: leases[index] ?? 0, free: 100 };
      return [name, reportAt(soon, "True", { subnets: [subnet] })];
    }),
  );
}

test("a network that nobody deletes or drains is blocked by nothing", () => {
  assert.deepEqual(blockers(worldOf(networkOf("default", ["10.244.0.0/16"]), three, {})), []);
});

test("a deletion waits for pods, and names the ten nodes with most of them", () => {
  const nodes = Array.from({ length: 12 }, (_, index) => ({ node: `node-${index}`, pods: 12 - index }));
  const found = blockers(worldOf(leaving, three, {}), { blockers: new Map([[leaving.uid, { pods: 78, nodes }]]) });
  assert.equal(found.length, 10);
  assert.equal(found[0], "Node node-0: 12 pods with an address of this network");
});

test("when no pod is left a deletion waits for subnets in use, then for those that rest, with the time", () => {
  const none = { blockers: new Map([[leaving.uid, { pods: 0, nodes: [] }]]) };
  const [first, second] = three.map((owner, index) => claimOf(owner, leaving, index === 0 ? held : {}));
  const snapshot = withLedger({ networks: [leaving], nodes: three, claims: [first ?? assert.fail(), second ?? assert.fail()] });
  assert.deepEqual(blockers(snapshot, none), [
    "NodeSubnet 10.244.2.0-24: Active on Node node-2",
    "NodeSubnet 10.244.1.0-24: rests until 2026-01-01T00:05:00Z",
  ]);
});

/** What a claim of a leaving network, Held a while ago, is said to wait for; `said`: number of a node → what its agent has said, late enough to be heard of. */
function restsFor(said: Readonly<Record<number, NodeNetworkStatus | "silent">>, snapshot: Partial<Snapshot> = {}): string[] {
  const reports = Object.entries(said).map(([number, status]) => [
    `node-${number}`,
    status === "silent" ? reportAt(bornAtMs, "True") : reportAt(afterHold, "True", status),
  ]);
  const before = worldOf(networkOf("default", ["10.244.0.0/16"]), three, Object.fromEntries(reports));
  const claims = [claimOf(nodeOf(9), leaving, { ...held, releaseSequence: 4 })];
  const none = new Map([[leaving.uid, { pods: 0, nodes: [] }]]);
  return blockers({ ...before, networks: [leaving], claims, ...snapshot }, { blockers: none, nowMs: afterHold });
}

const seen = (sequence: number, incarnation = "first") => ({ acknowledged: { incarnation, sequence } });

test("a subnet that rests beyond its time names the agents that have not seen it, and no others", () => {
  const words = "NodeSubnet 10.244.9.0-24: rested until 2026-01-01T00:05:00Z; not yet seen at rest by the agents of";
  assert.deepEqual(restsFor({ 1: seen(4), 2: seen(3), 3: seen(9, "earlier") }), [`${words} node-2, node-3`]);
  assert.deepEqual(restsFor({ 1: seen(4), 2: seen(4), 3: {} }), [`${words} node-3`]);
  assert.deepEqual(restsFor({ 1: seen(4), 2: seen(1), 3: seen(1) }, { nodes: three.slice(0, 2) }), [`${words} node-2`]);
});

test("a subnet that rests beyond its time says who has it still, who is silent, or that it waits for agents after a loss", () => {
  const words = "NodeSubnet 10.244.9.0-24: rested until 2026-01-01T00:05:00Z";
  const having = { ...seen(4), subnets: [{ cidr: "10.244.9.0/24", leases: 0, free: 9 }] };
  assert.deepEqual(restsFor({ 1: seen(4), 2: having, 3: seen(4) }), [`${words}; the agent of node-2 still has it`]);
  assert.deepEqual(restsFor({ 1: seen(4), 2: "silent", 3: seen(4) }), [
    `${words}; waits until 2026-01-01T00:50:00Z for agents that are not heard of: node-9, node-2`,
  ]);
  const recovery = { since: bornAt, until: bornAt, reason: "LedgerLost" };
  assert.deepEqual(restsFor({ 1: seen(4), 2: seen(4), 3: seen(4) }, { ledger: ledger({ recovery }) }), [
    `${words}; after a loss none goes before the agents have reported`,
  ]);
});

test("a subnet that rests beyond its time says that its Node still tells of a network, or that its release is not numbered", () => {
  const words = "NodeSubnet 10.244.9.0-24: rested until 2026-01-01T00:05:00Z";
  const told = { type: "NetworkUnavailable", status: "False" as const, reason: "PodnetProgrammed", message: "" };
  const owner = nodeOf(9, "True", { conditions: [told] });
  const all = { 1: seen(4), 2: seen(4), 3: seen(4) };
  assert.deepEqual(restsFor(all, { nodes: [...three, owner] }), [`${words}; Node node-9 still says that its network is there`]);
  const claims = [claimOf(nodeOf(9), leaving, held)];
  assert.deepEqual(restsFor(all, { claims }), [`${words}; its release has no number yet`]);
});

test("a drain waits for the pods of each node, those under way first", () => {
  const wide = worldOf(networkWith({ spec: { ranges: [range, other] } }), three, {});
  const records = recordsOf(wide, withLeases(wide, [3, 1, 0]));
  const under = records.map((one, index) => (index === 1 ? moving(one, 2) : one));
  const snapshot = {
    ...wide,
    networks: [drained],
    claims: [...wide.claims, claimOf(nodeOf(200), drained, held)],
    records: under,
  };
  assert.deepEqual(blockers(snapshot), [
    "Node node-2: 1 pod in 10.244.2.0/24",
    "Node node-1: 3 pods in 10.244.1.0/24; waits for its turn",
    "Node node-3: 0 pods in 10.244.3.0/24; waits for its turn",
    "NodeSubnet 10.244.200.0-24: rests until 2026-01-01T00:05:00Z",
  ]);
  const paused = networkWith({
    spec: { ranges: [{ ...range, state: "Draining" }, other], rollout: { maxUnavailableNodes: 1, paused: true } },
  });
  assert.equal(blockers({ ...snapshot, networks: [paused] })[0], "PodNetwork default: spec.rollout.paused: 2 nodes not begun");
});

test("a drain names the silent nodes that stand in its way, with what to do, before those that only wait", () => {
  const nodes = three.map((one, index) => (index === 2 ? nodeOf(3, "Unknown") : one));
  const wide = worldOf(networkWith({ spec: { ranges: [range, other] } }), nodes, {});
  const records = recordsOf(wide, withLeases(wide, [3, 1, 2]));
  const words = "; its kubelet is silent: bring the node back, or delete its Node if it is gone for good";
  const snapshot = { ...wide, networks: [drained], records };
  assert.deepEqual(blockers(snapshot), [
    `Node node-3: 2 pods in 10.244.3.0/24${words}`,
    "Node node-1: 3 pods in 10.244.1.0/24; waits for its turn",
    "Node node-2: 1 pod in 10.244.2.0/24; waits for its turn",
  ]);
  const under = records.map((one, index) => (index === 0 ? one : moving(one, index + 1)));
  assert.deepEqual(blockers({ ...snapshot, records: under }), [
    "Node node-2: 1 pod in 10.244.2.0/24",
    `Node node-3: 2 pods in 10.244.3.0/24${words}`,
    "Node node-1: 3 pods in 10.244.1.0/24; waits for its turn",
  ]);
});

test("a drain without another range that has room says so first", () => {
  const full = networkWith({
    spec: {
      ranges: [
        { ...range, state: "Draining" },
        { cidr: "10.245.0.0/24", nodePrefixLength: 24 },
      ],
    },
  });
  const wide = worldOf(networkWith({ spec: { ranges: [range, { cidr: "10.245.0.0/24", nodePrefixLength: 24 }] } }), three, {});
  const taken = claim("10.245.0.0/24", nodeOf(9), full, { epoch: 2, ...held });
  const snapshot = {
    ...wide,
    networks: [full],
    claims: [...wide.claims, taken],
    records: recordsOf(wide, withLeases(wide, [3])),
  };
  assert.deepEqual(blockers(snapshot).slice(0, 2), [
    "PodNetwork default: no other IPv4 range has room; append one to spec.ranges",
    "Node node-1: 3 pods in 10.244.1.0/24; waits for its turn",
  ]);
});

test("a range that waits for a network that goes names that, and the subnets that lie there", () => {
  const late = networkOf("late", ["10.0.0.0/8"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const before = withLedger({ networks: [leaving], nodes: three, claims: [claimOf(three[0] ?? assert.fail(), leaving)] });
  const entries = (before.ledger?.object.spec.entries ?? []).map((entry) => ({ ...entry, state: "Closing" as const }));
  const snapshot = { ...before, networks: [late, leaving], ledger: ledger({ epoch: 1, entries }) };
  const status = statusesOf(snapshot).get("late");
  assert.deepEqual(status?.blockedBy, [
    { kind: "PodNetwork", name: "default", reason: "Terminating: nodes still use 10.244.0.0/16, which 10.0.0.0/8 overlaps" },
    { kind: "NodeSubnet", name: "10.244.1.0-24", reason: "Active on Node node-1" },
  ]);
});

test("a range of another size waits for the network's own subnets, and what agents still have though the claims are gone", () => {
  const resized = networkWith({ spec: { ranges: [{ ...range, nodePrefixLength: 25 }] } });
  const before = worldOf(networkOf("default", ["10.244.0.0/16"]), three, {
    "node-2": reportAt(soon, "True", { subnets: [{ cidr: "10.244.2.0/24", leases: 1, free: 1 }] }),
  });
  const entries = (before.ledger?.object.spec.entries ?? []).map((entry) => ({ ...entry, state: "Closing" as const }));
  const claims = [claimOf(three[0] ?? assert.fail(), resized, held)];
  assert.deepEqual(blockers({ ...before, networks: [resized], ledger: ledger({ epoch: 1, entries }), claims }), [
    "NodeSubnet 10.244.1.0-24: rests until 2026-01-01T00:05:00Z",
    "NodeNetwork node-2: still has 10.244.2.0/24",
  ]);
});

/** Told to leave 10.244.N.0/24. */
function moving({ object }: NodeRecord, number: number): NodeRecord {
  const subnets = [
    { cidr: "10.245.0.0/24", state: "Active" as const },
    { cidr: `10.244.${number}.0/24`, state: "Draining" as const },
  ];
  return record({ ...object, spec: { ...object.spec, subnets } });
}

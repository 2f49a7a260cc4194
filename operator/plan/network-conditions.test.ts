import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../../crds/conditions.ts";
import type { PodNetworkStatus } from "../../crds/types.ts";
import {
  bornAtMs,
  claim,
  condition,
  ledger,
  network as networkWith,
  networkOf,
  record as recordOf,
  withLedger,
} from "../../test/support/plan-snapshot.ts";
import { nodeOf, reportAt, statusesOf, statusOf, told, worldOf } from "../../test/support/status-world.ts";
import { joiningMs } from "./node-progress.ts";
import type { NodeRecord, Snapshot } from "./snapshot.ts";

const soon = bornAtMs + 1_000;
const later = bornAtMs + joiningMs + 1_000;
const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
const network = networkOf("default", ["10.244.0.0/16"]);
const still = reportAt(later);
const three = [1, 2, 3].map((number) => nodeOf(number, "True"));
const all = { "node-1": still, "node-2": still, "node-3": still };

/** The three nodes as they were told before the network became this one; the first `done` of them were told anew and did it. */
function changedWorld(part: Parameters<typeof networkOf>[2], done: number): Snapshot {
  const changed = networkOf("default", ["10.244.0.0/16"], part);
  const fresh = worldOf(changed, three, all);
  const stale = worldOf(network, three, all).records;
  return { ...fresh, records: [...fresh.records.slice(0, done), ...stale.slice(done)] };
}

test("a setting that reaches nodes one after the other shows how far it is", () => {
  const mtu = { mode: "Fixed", value: 1400 } as const;
  const rollout = { maxUnavailableNodes: 1, paused: false };
  const under = statusOf(changedWorld({ spec: { mtu, rollout } }, 1), { nowMs: later });
  assert.match(told(under, "Ready"), /^Ready True\/Ready: 2 of 3/, "node-2 is on its turn, and tolerated");
  assert.equal(told(under, "Reconciling"), "Reconciling True/RollingOut: node by node: 2 nodes to come");
  const paused = statusOf(changedWorld({ spec: { mtu, rollout: { ...rollout, paused: true } } }, 1), { nowMs: later });
  assert.match(told(paused, "Ready"), /^Ready True\/Ready: 3 of 3/);
  assert.equal(told(paused, "Reconciling"), "Reconciling False/Settled: 2 nodes wait: spec.rollout.paused");
  const over = statusOf(changedWorld({ spec: { mtu, rollout } }, 3), { nowMs: later });
  assert.equal(told(over, "Reconciling"), "Reconciling False/Settled: nothing is in progress");
});

test("a silent node that has its subnets beside one that comes is no network without subnets", () => {
  const young = nodeOf(2, "False", { meta: { creationTimestamp: renderTime(later - 1_000) } });
  const before = worldOf(network, three.slice(0, 1), { "node-1": reportAt(soon) });
  const status = statusOf({ ...before, nodes: [...before.nodes, young] }, { nowMs: later });
  assert.match(told(status, "Allocated"), /^Allocated True\/Allocated: 1 node with all subnets/);
  assert.match(
    told(status, "Programmed"),
    /^Programmed False\/Programming: no node is programmed yet: node-1 \(its agent was last heard of at .*\), node-2 \(it does not have all/,
  );
});

test("nodes that move off a range are named, the network is Ready meanwhile", () => {
  const other = { cidr: "10.245.0.0/16", nodePrefixLength: 24 };
  const wide = networkWith({ spec: { ranges: [range, other] } });
  const drained = networkWith({ spec: { ranges: [{ ...range, state: "Draining" }, other] } });
  const { records, ...snapshot } = worldOf(wide, three, all);
  const before = statusOf({ ...snapshot, networks: [drained], records }, { nowMs: later });
  assert.equal(told(before, "Reconciling"), "Reconciling True/Draining: node by node: 3 nodes to come");
  const moving = [draining(records[0] ?? assert.fail()), ...records.slice(1)];
  const next = claim("10.245.0.0/24", three[0] ?? assert.fail(), drained, { epoch: 2 });
  const under = statusOf(
    { ...snapshot, networks: [drained], claims: [...snapshot.claims, next], records: moving },
    { nowMs: later },
  );
  assert.equal(told(under, "Reconciling"), "Reconciling True/Draining: moving off a subnet: node-1; 2 nodes to come");
  assert.equal(under.nodes?.draining, 1);
  assert.match(told(under, "Ready"), /^Ready True/);
});

test("a silent node is named beside those to come; it alone keeps a drain in progress, and no setting", () => {
  const off = [...three.slice(0, 2), nodeOf(3, "Unknown")];
  const words = "silent, to go on when heard again: node-3";
  const mtu = { mode: "Fixed", value: 1400 } as const;
  const setting = (done: number) =>
    told(statusOf({ ...changedWorld({ spec: { mtu } }, done), nodes: off }, { nowMs: later }), "Reconciling");
  assert.equal(setting(1), `Reconciling True/RollingOut: node by node: 1 node to come; ${words}`);
  assert.equal(setting(2), `Reconciling False/Settled: ${words}`);
  const other = { cidr: "10.245.0.0/16", nodePrefixLength: 24 };
  const wide = worldOf(networkWith({ spec: { ranges: [range, other] } }), off, all);
  const drained = networkWith({ spec: { ranges: [{ ...range, state: "Draining" }, other] } });
  const left = {
    ...wide,
    networks: [drained],
    nodes: off.slice(2),
    claims: wide.claims.slice(2),
    records: wide.records.slice(2),
  };
  assert.equal(told(statusOf(left, { nowMs: later }), "Reconciling"), `Reconciling True/Draining: ${words}`);
});

function draining(record: NodeRecord): NodeRecord {
  const { object } = record;
  const subnets = [
    { cidr: "10.245.0.0/24", state: "Active" as const },
    { cidr: "10.244.1.0/24", state: "Draining" as const },
  ];
  return recordOf({ ...object, spec: { ...object.spec, subnets } });
}

test("a network that keeps away from Services which cannot be read says so, is in progress, and asks for no range", () => {
  const careful = networkOf("default", ["10.244.0.0/16"], {
    spec: { overlapPolicy: { services: "Reserve", nodes: "Reject", hostRoutes: "Warn" } },
  });
  const blind = statusOf(withLedger({ networks: [careful], nodes: three }));
  const why = "nothing new is given while the ServiceCIDRs cannot be read, as spec.overlapPolicy.services is Reserve; ";
  for (const saying of ["Allocated False", "Ready False", "Reconciling True"])
    assert.ok(
      told(blind, saying.split(" ")[0] ?? "").startsWith(`${saying}/ServicesUnseen: node-1, node-2, node-3: ${why}`),
      saying,
    );
  assert.ok(told(blind, "CapacityOK").startsWith(`CapacityOK Unknown/ServicesUnseen: ${why}`));
  assert.match(told(blind, "Stalled"), /^Stalled False/);
  assert.doesNotMatch(JSON.stringify(blind.conditions), /append a range/);
  const seen = statusOf(withLedger({ networks: [careful], nodes: three, services: [] }));
  assert.match(told(seen, "CapacityOK"), /^CapacityOK True/);
});

test("a node that two networks select alike is named on the newer one, which needs a person", () => {
  const newer = networkOf("newer", ["10.245.0.0/16"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const statuses = statusesOf(withLedger({ networks: [newer, network], nodes: three }));
  const says =
    "PodNetwork/default and PodNetwork/newer select node-1, node-2, node-3 with the same priority, so none gives subnets there; " +
    "raise spec.priority of one or narrow its spec.nodeSelector";
  assert.equal(told(statuses.get("newer"), "Allocated"), `Allocated False/AmbiguousSelection: ${says}`);
  assert.match(told(statuses.get("newer"), "Stalled"), /^Stalled True\/AmbiguousSelection/);
  assert.match(told(statuses.get("default"), "Allocated"), /^Allocated True/);
});

test("nodes that the selector no longer matches keep their subnets and are named", () => {
  const nodeSelector = { matchLabels: { pool: "a" } };
  const labelled = nodeOf(1, "True", { labels: { pool: "a" } });
  const narrow = networkOf("default", ["10.244.0.0/16"], { spec: { nodeSelector } });
  const status = statusOf(worldOf(narrow, [labelled, ...three.slice(1)], {}));
  assert.equal(
    told(status, "NodesUnselected"),
    "NodesUnselected True/NodesUnselected: spec.nodeSelector of PodNetwork/default no longer matches node-2, node-3; " +
      "they keep their subnets until their Node objects are deleted",
  );
  assert.equal(told(statusOf(worldOf(network, three, {})), "NodesUnselected"), "");
});

test("after a loss the network says what it waits for, and until when", () => {
  const recovery = { since: "2026-01-01T00:00:00Z", until: "2026-01-01T00:05:00Z", reason: "LedgerLost" };
  const snapshot = worldOf(network, three, {
    "node-1": { ...still, acknowledged: { incarnation: "first", sequence: 0 } },
    "node-2": { ...still, acknowledged: { incarnation: "earlier", sequence: 0 } },
  });
  const entries = snapshot.ledger?.object.spec.entries ?? [];
  const status = statusOf({ ...snapshot, ledger: ledger({ entries, recovery }) });
  const says = (names: string) =>
    "LedgerLost at 2026-01-01T00:00:00Z: nothing new is given until the agents have reported what they have, " +
    `until 2026-01-01T00:05:00Z at the latest; not heard yet: ${names}`;
  assert.equal(told(status, "Reconciling"), `Reconciling True/Recovering: ${says("node-2, node-3")}`);
  const needy = statusOf({ ...snapshot, nodes: [...three, nodeOf(4)], ledger: ledger({ entries, recovery }) });
  assert.equal(told(needy, "Allocated"), `Allocated False/Recovering: node-4: ${says("node-2, node-3, node-4")}`);
});

test("a subnet set aside that is in use needs a person, though the node has another one", () => {
  const staticSubnets = [{ node: "node-1", cidr: "10.244.2.0/24" }];
  const status = statusOf(worldOf(networkOf("default", ["10.244.0.0/16"], { spec: { staticSubnets } }), three, all), {
    nowMs: later,
  });
  assert.match(told(status, "Stalled"), /^Stalled True\/StaticSubnetTaken: node-1: 10\.244\.2\.0\/24, set aside for Node node-1/);
});

test("a Terminating network says how many pods on which nodes are in the way, then how much rests", () => {
  const leaving = networkOf("default", ["10.244.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const nodes = [
    { node: "node-2", pods: 2 },
    { node: "node-1", pods: 1 },
  ];
  const at = (blockers: { pods: number; nodes: typeof nodes } | undefined) =>
    statusOf(worldOf(leaving, three, all), { blockers: new Map(blockers && [[leaving.uid, blockers]]) });
  assert.match(told(at(undefined), "Ready"), /^Ready False\/Terminating: deletion begins/);
  assert.equal(
    told(at({ pods: 3, nodes }), "Ready"),
    "Ready False/Terminating: deletion waits: 3 pods have an address of this network, on node-2 (2), node-1 (1); it serves them until they are deleted or moved",
  );
  assert.equal(
    told(at({ pods: 0, nodes: [] }), "Reconciling"),
    "Reconciling True/Terminating: deletion goes on: no pod has an address of this network any more; 3 subnets rest before others may get them, see status.blockedBy",
  );
});

test("ranges of a Terminating network that left the ledger are no longer told to be accepted soon", () => {
  const leaving = networkOf("default", ["10.244.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const status = statusOf(withLedger({ networks: [leaving] }));
  assert.match(told(status, "Accepted"), /^Accepted False\/Terminating: it is being deleted; .* 10\.244\.0\.0\/16/);
});

test("a condition's lastTransitionTime moves with its status only, over flaps and a restart with nothing but what is stored", () => {
  const before = { conditions: [condition("Accepted", "True"), condition("Ready", "True"), condition("Stalled", "Unknown")] };
  const at = (status: PodNetworkStatus, nowMs: number, verdict: "True" | "False") =>
    statusOf(
      worldOf(networkOf("default", ["10.244.0.0/16"], { status }), three, {
        "node-1": reportAt(nowMs, verdict),
        "node-2": reportAt(nowMs, verdict),
        "node-3": reportAt(nowMs, verdict),
      }),
      { nowMs },
    );
  const times = (status: PodNetworkStatus) =>
    Object.fromEntries((status.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
  const broken = at(before, later, "False");
  assert.deepEqual(
    ["Accepted", "Ready", "Stalled"].map((type) => times(broken)[type]),
    ["2026-01-01T00:00:00Z", "2026-01-01T00:05:01Z", "2026-01-01T00:05:01Z"],
  );
  const stillBroken = at(broken, later + 10_000, "False");
  assert.deepEqual(times(stillBroken), times(broken));
  const mended = at(stillBroken, later + 20_000, "True");
  assert.deepEqual([times(mended)["Ready"], times(mended)["Accepted"]], ["2026-01-01T00:05:21Z", "2026-01-01T00:00:00Z"]);
});

test("a warning that comes back is as old as its coming back", () => {
  const nodeSelector = { matchLabels: { pool: "a" } };
  const seen = (status: PodNetworkStatus | undefined, isNarrow: boolean, nowMs: number) => {
    const spec = isNarrow ? { nodeSelector } : {};
    return statusOf(worldOf(networkOf("default", ["10.244.0.0/16"], { spec, ...(status && { status }) }), three, {}), { nowMs });
  };
  const first = seen(undefined, true, soon);
  const gone = seen(first, false, soon + 1_000);
  const again = seen(gone, true, soon + 2_000);
  const of = (status: PodNetworkStatus) => status.conditions?.find(({ type }) => type === "NodesUnselected")?.lastTransitionTime;
  assert.deepEqual([of(first), of(gone), of(again)], ["2026-01-01T00:00:01Z", undefined, "2026-01-01T00:00:03Z"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { podNetworkReasons } from "../../crds/conditions.ts";
import type { Condition, PodNetworkStatus } from "../../crds/types.ts";
import { bornAtMs, claim, condition, networkOf, node, record } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import type { Blockers } from "./finalize.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { nodeStates } from "./node-states.ts";
import { joiningMs } from "./node-progress.ts";
import type { Network, NodeFacts, NodeRecord, Readiness, Snapshot } from "./snapshot.ts";
import { summarize } from "./summarize.ts";

const soon = bornAtMs + 1_000;
const later = bornAtMs + joiningMs + 1_000;
const network = networkOf("default", ["10.244.0.0/16"], { spec: { reserved: [{ cidr: "10.244.0.0/24" }] } });
const wasReady: PodNetworkStatus = { conditions: [condition("Ready", "True")] };
const readyOnce = networkOf("default", ["10.244.0.0/16"], { spec: { reserved: [{ cidr: "10.244.0.0/24" }] }, status: wasReady });

/** A node whose kubelet says this of itself. */
function nodeOf(number: number, readiness: Readiness = "Never"): NodeFacts {
  const conditions = readiness === "Never" ? [] : [{ type: "Ready", status: readiness }];
  return node(`node-${number}`, { conditions });
}

/** Node N with 10.244.N.0/24; those whose `reports` names a verdict have a NodeNetwork with it. */
function world(of: Network, nodes: readonly NodeFacts[], reports: Readonly<Record<string, Condition | undefined>>): Snapshot {
  const claims = nodes.map((owner) => claim(`10.244.${owner.name.slice(5)}.0/24`, owner, of));
  const bare: Snapshot = { networks: [of], nodes, claims, records: [] };
  const records = nodeNetworkSteps(bare, allocate(bare)).flatMap(({ want }): NodeRecord[] => {
    if (want === undefined || !(want.metadata.name in reports)) return [];
    const verdict = reports[want.metadata.name];
    const status = { configGeneration: verdict?.status === "True" ? 1 : 0, conditions: verdict === undefined ? [] : [verdict] };
    return [record({ ...want, status })];
  });
  return { ...bare, records };
}

function statusOf(snapshot: Snapshot, nowMs: number, blockers: ReadonlyMap<string, Blockers> = new Map()): PodNetworkStatus {
  const allocation = allocate(snapshot);
  const progress = nodeStates(snapshot, allocation, nowMs);
  const uid = snapshot.networks[0]?.uid ?? assert.fail();
  const status = summarize({ networks: snapshot.networks, allocation, progress, blockers, nowMs }).get(uid) ?? assert.fail();
  const reasons: Readonly<Record<string, readonly string[]>> = podNetworkReasons;
  for (const { type, reason } of status.conditions ?? []) assert.ok(reasons[type]?.includes(reason), `${type}: ${reason}`);
  return status;
}

/** e.g. `"Ready False/Programming: waiting for 1 node …"`. */
function told(status: PodNetworkStatus, type: string): string {
  const found = status.conditions?.find((condition) => condition.type === type);
  return `${type} ${found?.status}/${found?.reason}: ${found?.message}`;
}

const yes = condition("Programmed", "True");
const no = condition("Programmed", "False", { reason: "LinkInUse", message: "cni0 belongs to somebody else; remove it" });
const three = [nodeOf(1), nodeOf(2), nodeOf(3)];
const done = { "node-1": yes, "node-2": yes, "node-3": yes };

test("three programmed nodes make the network Ready, and its columns say so", () => {
  const status = statusOf(world(network, three, done), soon);
  assert.deepEqual(status.summary, { cidrs: "10.244.0.0/16", nodes: "3/3", free: "252/256" });
  assert.deepEqual(status.nodes, { selected: 3, allocated: 3, programmed: 3, degraded: 0 });
  assert.deepEqual(status.ranges, [{ cidr: "10.244.0.0/16", accepted: true, total: 256, allocated: 3, reserved: 1, free: 252 }]);
  assert.deepEqual(
    status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    [
      "Accepted True Accepted",
      "Allocated True Allocated",
      "Programmed True Programmed",
      "Ready True Ready",
      "Reconciling False Settled",
      "Stalled False NotStalled",
    ],
  );
  assert.equal(told(status, "Ready"), "Ready True/Ready: 3 of 3 nodes programmed");
  assert.equal(status.observedGeneration, 1);
});

test("a young node that is not programmed keeps a network from its first Ready", () => {
  const status = statusOf(world(network, three, { ...done, "node-2": undefined }), soon);
  assert.equal(
    told(status, "Ready"),
    "Ready False/Programming: waiting for 1 node: node-2 (its agent has not reported yet; look at its podnet-cni pod)",
  );
  assert.match(told(status, "Reconciling"), /^Reconciling True\/Programming/);
});

test("a network is not Ready while all of its nodes are young and none is programmed", () => {
  assert.match(told(statusOf(world(network, three, {}), soon), "Ready"), /^Ready False\/Programming: waiting for 3 nodes/);
  assert.match(told(statusOf(world(readyOnce, three, {}), soon), "Ready"), /^Ready False\/NodesSilent/);
});

test("a node that joins a network which was Ready is counted, not waited for", () => {
  const status = statusOf(world(readyOnce, three, { "node-1": yes, "node-2": yes }), soon);
  assert.equal(told(status, "Ready"), "Ready True/Ready: 2 of 3 nodes programmed; not waited for: node-3 (joining)");
  assert.equal(status.summary?.nodes, "2/3");
  assert.match(told(status, "Reconciling"), /^Reconciling False/);
});

test("an older node that reports is waited for, though it is not Ready, since without a network it cannot be", () => {
  for (const readiness of ["True", "False"] as const) {
    const nodes = [nodeOf(1, "True"), nodeOf(2, readiness)];
    const status = statusOf(world(readyOnce, nodes, { "node-1": yes, "node-2": undefined }), later);
    assert.match(told(status, "Ready"), /^Ready False\/Programming: waiting for 1 node: node-2/);
  }
});

test("an older node that is silent is counted as degraded, not waited for", () => {
  const nodes = [nodeOf(1, "True"), nodeOf(2, "Unknown")];
  const status = statusOf(world(network, nodes, { "node-1": yes }), later);
  assert.equal(told(status, "Ready"), "Ready True/Ready: 1 of 2 nodes programmed; not waited for: node-2 (silent)");
  assert.deepEqual(status.nodes, { selected: 2, allocated: 2, programmed: 1, degraded: 1 });
});

test("what an agent could not do is said with the node and the reason", () => {
  const nodes = [nodeOf(1, "True"), nodeOf(2, "True")];
  const status = statusOf(world(readyOnce, nodes, { "node-1": yes, "node-2": no }), later);
  assert.equal(
    told(status, "Ready"),
    "Ready False/NodesFailing: 1 node could not be programmed: node-2 (LinkInUse: cni0 belongs to somebody else; remove it)",
  );
  assert.equal(status.nodes?.degraded, 1);
});

test("nodes are not programmed while their NodeNetworks do not say yet what the network's spec says", () => {
  const snapshot = world(network, three, done);
  const changed = networkOf("default", ["10.244.0.0/16"], {
    spec: { mtu: { mode: "Fixed", value: 1400 } },
    meta: { generation: 2 },
  });
  const status = statusOf({ ...snapshot, networks: [changed] }, soon);
  assert.match(
    told(status, "Ready"),
    /^Ready False\/Programming: waiting for 3 nodes: node-1 \(its NodeNetwork is about to be written\)/,
  );
  assert.equal(status.observedGeneration, 2);
});

test("an agent that programmed an older generation has not programmed this one", () => {
  const snapshot = world(network, [nodeOf(1)], { "node-1": yes });
  const records = snapshot.records.map(({ object }) => record({ ...object, status: { ...object.status, configGeneration: 0 } }));
  assert.match(told(statusOf({ ...snapshot, records }, soon), "Ready"), /node-1 \(its agent programmed generation 0 of 1\)/);
});

test("the report of an earlier Node of the same name is not the new one's", () => {
  const snapshot = world(network, [nodeOf(1)], { "node-1": yes });
  const again = node("node-1", { meta: { uid: "again" } });
  const status = statusOf({ ...snapshot, nodes: [again], claims: [claim("10.244.1.0/24", again, network)] }, soon);
  assert.match(told(status, "Ready"), /^Ready False\/Programming/);
});

test("subnets still being claimed are waited for", () => {
  assert.equal(
    told(statusOf({ ...world(network, three, done), claims: [] }, soon), "Allocated"),
    "Allocated False/Allocating: subnets are being claimed for node-1, node-2, node-3",
  );
});

test("a full range stalls the network and names the nodes left out, at most ten", () => {
  const tiny = networkOf("default", ["10.244.0.0/24"]);
  const nodes = Array.from({ length: 13 }, (_, index) => node(`node-${index}`, { addresses: [`192.168.1.${index + 1}`] }));
  const status = statusOf(
    { networks: [tiny], nodes, claims: [claim("10.244.0.0/24", nodes[0] ?? assert.fail())], records: [] },
    soon,
  );
  assert.equal(
    told(status, "Stalled"),
    "Stalled True/RangeExhausted: node-1, node-2, node-3, node-4, node-5, node-6, node-7, node-8, node-9, node-10 and 2 more: " +
      "no IPv4 subnet is left for new nodes: 10.244.0.0/24 has 1 of length /24, 0 reserved; append a range to spec.ranges of PodNetwork/default",
  );
  assert.match(told(status, "Ready"), /^Ready False\/RangeExhausted/);
  assert.equal(status.summary?.free, "0/1");
});

test("an overlapping network says with whom and what to do, and gives nothing", () => {
  const late = networkOf("late", ["10.0.0.0/8"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const status = statusOf({ networks: [late, network], nodes: [], claims: [], records: [] }, soon);
  assert.equal(
    told(status, "Accepted"),
    "Accepted False/OverlapsWith: 10.0.0.0/8 overlaps 10.244.0.0/16 of PodNetwork/default; nothing is given from it; change spec.ranges here or there",
  );
  assert.match(told(status, "Ready"), /^Ready False\/OverlapsWith/);
  assert.match(told(status, "Stalled"), /^Stalled True\/OverlapsWith/);
  assert.deepEqual(status.summary, { cidrs: "", nodes: "0/0", free: "0/65536" });
});

test("an unreadable network says which field is wrong", () => {
  const status = statusOf({ networks: [networkOf("default", ["10.244.0.1/16"])], nodes: [], claims: [], records: [] }, soon);
  assert.match(
    told(status, "Ready"),
    /^Ready False\/InvalidSpec: spec\.ranges\[0\]\.cidr: "10\.244\.0\.1\/16" .* 10\.244\.0\.0\/16/,
  );
});

test("a network without nodes is Ready and says that it has none", () => {
  assert.equal(told(statusOf(world(network, [], {}), soon), "Ready"), "Ready True/NoNodes: it has no nodes");
});

test("a Terminating network says how many pods on which nodes are in the way", () => {
  const leaving = networkOf("default", ["10.244.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const blockers = {
    pods: 3,
    nodes: [
      { node: "node-2", pods: 2 },
      { node: "node-1", pods: 1 },
    ],
  };
  assert.equal(
    told(statusOf(world(leaving, three, done), soon, new Map([[leaving.uid, blockers]])), "Ready"),
    "Ready False/Terminating: deletion waits: 3 pods have an address of this network, on node-2 (2), node-1 (1); it serves them until they are deleted or moved",
  );
});

test("the columns of a dual-stack network show both families", () => {
  const dual = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48", "10.245.0.0/16"]);
  const { summary } = statusOf({ networks: [dual], nodes: [], claims: [], records: [] }, soon);
  assert.deepEqual(summary, { cidrs: "10.244.0.0/16,fd00:10:244::/48,10.245.0.0/16", nodes: "0/0", free: "256/256,65536/65536" });
});

test("a condition's lastTransitionTime moves with its status only", () => {
  const before = { conditions: [condition("Accepted", "True"), condition("Ready", "True"), condition("Stalled", "Unknown")] };
  const status = statusOf(world(networkOf("default", ["10.244.0.0/16"], { status: before }), three, { "node-1": no }), later);
  const times = Object.fromEntries((status.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
  assert.equal(times["Accepted"], "2026-01-01T00:00:00Z");
  assert.equal(times["Ready"], "2026-01-01T00:05:01Z");
  assert.equal(times["Stalled"], "2026-01-01T00:05:01Z");
});

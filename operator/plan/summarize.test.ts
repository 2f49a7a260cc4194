import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetworkStatus } from "../../crds/types.ts";
import { bornAtMs, condition, ledger, networkOf, node, withLedger } from "../../test/support/plan-snapshot.ts";
import { claimOf, nodeOf, reportAt, statusOf, told, worldOf } from "../../test/support/status-world.ts";
import { joiningMs } from "./node-progress.ts";

const soon = bornAtMs + 1_000;
const later = bornAtMs + joiningMs + 1_000;
const spec = { reserved: [{ cidr: "10.244.0.0/24" }] };
const network = networkOf("default", ["10.244.0.0/16"], { spec });
const wasReady: PodNetworkStatus = { conditions: [condition("Ready", "True")] };
const readyOnce = networkOf("default", ["10.244.0.0/16"], { spec, status: wasReady });
const yes = reportAt(soon);
const [still, failed] = [reportAt(later), reportAt(later, "False")];
const three = [nodeOf(1), nodeOf(2), nodeOf(3)];
const done = { "node-1": yes, "node-2": yes, "node-3": yes };

test("three programmed nodes make the network Ready, and its columns say so", () => {
  const status = statusOf(worldOf(network, three, done));
  assert.deepEqual(status.summary, { cidrs: "10.244.0.0/16", nodes: "3/3", free: "252/256" });
  assert.deepEqual(status.nodes, { selected: 3, allocated: 3, programmed: 3, joining: 0, degraded: 0, draining: 0 });
  assert.deepEqual(status.ranges, [
    { cidr: "10.244.0.0/16", accepted: true, total: 256, allocated: 3, reserved: 1, held: 0, free: 252 },
  ]);
  assert.deepEqual(
    status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    [
      "Accepted True Accepted",
      "Allocated True Allocated",
      "Programmed True Programmed",
      "Reachable Unknown NotProbed",
      "CapacityOK True Enough",
      "Ready True Ready",
      "Stalled False NotStalled",
      "Reconciling False Settled",
    ],
  );
  assert.equal(told(status, "Ready"), "Ready True/Ready: 3 of 3 nodes programmed");
  assert.equal(status.observedGeneration, 1);
  assert.equal("blockedBy" in status, false);
});

test("a young node that is not programmed keeps a network from its first Ready", () => {
  const status = statusOf(worldOf(network, three, { ...done, "node-2": undefined }));
  assert.equal(
    told(status, "Ready"),
    "Ready False/Programming: waiting for 1 node: node-2 (its agent has not reported yet; look at its podnet-cni pod)",
  );
  assert.match(told(status, "Reconciling"), /^Reconciling True\/Programming/);
});

test("a network is not Ready while all of its nodes are young and none is programmed", () => {
  assert.match(told(statusOf(worldOf(network, three, {})), "Ready"), /^Ready False\/Programming: waiting for 3 nodes/);
  const status = statusOf(worldOf(readyOnce, three, {}));
  assert.match(told(status, "Ready"), /^Ready False\/Programming: no node is programmed yet: node-1 \(/);
});

test("a node that joins a network which was Ready is counted, not waited for", () => {
  const status = statusOf(worldOf(readyOnce, three, { "node-1": yes, "node-2": yes }));
  assert.equal(told(status, "Ready"), "Ready True/Ready: 2 of 3 nodes programmed; not waited for: node-3 (joining)");
  assert.deepEqual([status.summary?.nodes, status.nodes?.joining], ["2/3", 1]);
  assert.match(told(status, "Reconciling"), /^Reconciling False/);
});

test("young nodes are not waited for either when the network is older than they, whether it was ever Ready or not", () => {
  const old = networkOf("default", ["10.244.0.0/16"], { meta: { creationTimestamp: "2025-12-31T00:00:00Z" } });
  assert.match(told(statusOf(worldOf(old, three, { "node-1": yes })), "Ready"), /^Ready True\/Ready: 1 of 3/);
});

test("as many nodes as may be unavailable are tolerated, and named", () => {
  const nodes = Array.from({ length: 11 }, (_, index) => nodeOf(index + 1, "True"));
  const some = (count: number) => Object.fromEntries(nodes.map(({ name }, index) => [name, index < count ? still : failed]));
  const two = statusOf(worldOf(readyOnce, nodes, some(9)), { nowMs: later });
  assert.equal(
    told(two, "Ready"),
    "Ready True/Ready: 9 of 11 nodes programmed; could not be programmed: node-10 (LinkInUse: cni0 belongs to somebody else; remove it), " +
      "node-11 (LinkInUse: cni0 belongs to somebody else; remove it)",
  );
  assert.equal(two.nodes?.degraded, 2);
  const more = statusOf(worldOf(readyOnce, nodes, some(8)), { nowMs: later });
  assert.match(told(more, "Ready"), /^Ready False\/NodesFailing: 3 nodes could not be programmed: node-9 \(LinkInUse/);
  const fixed = networkOf("default", ["10.244.0.0/16"], {
    spec: { rollout: { maxUnavailableNodes: 3, paused: false } },
    status: wasReady,
  });
  assert.match(told(statusOf(worldOf(fixed, nodes, some(8)), { nowMs: later }), "Ready"), /^Ready True/);
});

test("a network that is not even Ready once tolerates none", () => {
  const status = statusOf(worldOf(network, three, { ...done, "node-3": undefined }));
  assert.match(told(status, "Programmed"), /^Programmed False\/Programming/);
});

test("the last node is never tolerated", () => {
  const status = statusOf(worldOf(readyOnce, [nodeOf(1, "True")], { "node-1": failed }), { nowMs: later });
  assert.match(told(status, "Ready"), /^Ready False\/NodesFailing/);
});

test("an older node that was never programmed is waited for though it is not Ready, one that was is not", () => {
  const nodes = [nodeOf(1, "True"), nodeOf(2, "False"), nodeOf(3, "False")];
  const never = statusOf(worldOf(readyOnce, nodes, { "node-1": still, "node-2": undefined, "node-3": undefined }), {
    nowMs: later,
  });
  assert.match(told(never, "Ready"), /^Ready False\/Programming: waiting for 2 nodes: node-2 \(.*, node-3 \(/);
  const lagging = reportAt(later, "True", { configGeneration: 0 });
  const once = statusOf(worldOf(readyOnce, nodes, { "node-1": still, "node-2": lagging, "node-3": lagging }), { nowMs: later });
  assert.match(told(once, "Ready"), /^Ready True\/Ready: 1 of 3 .*not waited for: node-2 \(unready\), node-3 \(unready\)$/);
  assert.equal(once.nodes?.degraded, 2);
});

test("a programmed node whose agent fell silent is Unknown, and not waited for", () => {
  const status = statusOf(worldOf(network, [nodeOf(1, "True"), nodeOf(2, "True")], { "node-1": still, "node-2": yes }), {
    nowMs: later,
  });
  assert.equal(told(status, "Ready"), "Ready True/Ready: 1 of 2 nodes programmed; not waited for: node-2 (silent)");
  assert.deepEqual([status.nodes?.programmed, status.nodes?.degraded], [1, 1]);
});

test("where all nodes are silent, nobody knows whether the network is programmed", () => {
  const status = statusOf(worldOf(readyOnce, [nodeOf(1, "Unknown")], { "node-1": yes }), { nowMs: later });
  const says =
    "no node is heard of: node-1 (its agent was last heard of at 2026-01-01T00:00:01Z; look at the node and its podnet-cni pod)";
  assert.equal(told(status, "Programmed"), `Programmed Unknown/NodesSilent: ${says}`);
  assert.equal(told(status, "Ready"), `Ready Unknown/NodesSilent: ${says}`);
});

test("nodes are not programmed while their NodeNetworks do not say yet what the network's spec says", () => {
  const snapshot = worldOf(network, three, {});
  const records = worldOf(network, three, { "node-1": undefined, "node-2": undefined, "node-3": undefined }).records;
  const changed = networkOf("default", ["10.244.0.0/16"], {
    spec: { mtu: { mode: "Fixed", value: 1400 } },
    meta: { generation: 2 },
  });
  const status = statusOf({ ...snapshot, records, networks: [changed] });
  assert.match(
    told(status, "Ready"),
    /^Ready False\/Programming: waiting for 3 nodes: node-1 \(its NodeNetwork is about to be written\)/,
  );
  assert.equal(status.observedGeneration, 2);
});

test("an agent that programmed an older generation has not programmed this one", () => {
  const lagging = reportAt(soon, "True", { configGeneration: 0 });
  const status = statusOf(worldOf(network, [nodeOf(1)], { "node-1": lagging }));
  assert.match(told(status, "Ready"), /node-1 \(its agent programmed generation 0 of 1\)/);
});

test("the report of an earlier Node of the same name is not the new one's", () => {
  const snapshot = worldOf(network, [nodeOf(1)], { "node-1": yes });
  const again = node("node-1", { meta: { uid: "again" } });
  const status = statusOf({ ...snapshot, nodes: [again], claims: [claimOf(again, network)] });
  assert.match(told(status, "Ready"), /^Ready False\/Programming/);
});

test("subnets still being claimed are waited for, and so are Pending ones", () => {
  const snapshot = worldOf(network, three, done);
  const says = "Allocated False/Allocating: subnets are being claimed for node-1, node-2, node-3";
  const pending = three.map((owner) => claimOf(owner, network, { state: "Pending" }));
  for (const claims of [[], pending]) assert.equal(told(statusOf({ ...snapshot, records: [], claims }), "Allocated"), says);
});

test("a full range stalls the network, names the nodes left out, at most ten, and nothing else is in progress", () => {
  const tiny = networkOf("default", ["10.244.0.0/24"], { status: wasReady });
  const nodes = Array.from({ length: 13 }, (_, index) => nodeOf(index));
  const snapshot = worldOf(tiny, nodes.slice(0, 1), { "node-0": yes });
  const status = statusOf({ ...snapshot, nodes });
  assert.equal(
    told(status, "Stalled"),
    "Stalled True/RangeExhausted: node-1, node-2, node-3, node-4, node-5, node-6, node-7, node-8, node-9, node-10 and 2 more: " +
      "no IPv4 subnet is left for new nodes: 10.244.0.0/24 has 1 of length /24, 0 reserved; append a range to spec.ranges of PodNetwork/default",
  );
  assert.match(told(status, "Ready"), /^Ready False\/RangeExhausted/);
  assert.equal(told(status, "Reconciling"), "Reconciling False/Settled: nothing is in progress");
  assert.equal(status.summary?.free, "0/1");
  const alone = statusOf({
    ...withLedger({
      networks: [networkOf("default", ["10.244.0.0/24"], { spec: { reserved: [{ cidr: "10.244.0.0/24" }] } })],
      nodes,
    }),
  });
  assert.match(told(alone, "Programmed"), /^Programmed False\/NoSubnets/);
});

test("an overlapping network says with whom and what to do, and gives nothing", () => {
  const late = networkOf("late", ["10.0.0.0/8"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const status = statusOf(withLedger({ networks: [late, network] }));
  assert.equal(
    told(status, "Accepted"),
    "Accepted False/OverlapsWith: 10.0.0.0/8 overlaps 10.244.0.0/16 of PodNetwork/default; change spec.ranges of one of the two",
  );
  assert.match(told(status, "Ready"), /^Ready False\/OverlapsWith/);
  assert.match(told(status, "Stalled"), /^Stalled True\/OverlapsWith/);
  assert.deepEqual(status.summary, { cidrs: "", nodes: "0/0", free: "0/65536" });
});

test("a range that is about to be accepted is in progress, not stalled", () => {
  const status = statusOf({ ...withLedger({ networks: [network] }), ledger: ledger() });
  assert.match(told(status, "Reconciling"), /^Reconciling True\/Accepting: 10\.244\.0\.0\/16 is about to be accepted/);
  assert.match(told(status, "Stalled"), /^Stalled False/);
});

test("a network that our finalizer cannot be put on says so, needs a person, and names the answer", () => {
  const failure = {
    kind: "PodNetwork",
    key: "default",
    code: "Forbidden",
    message: "patch PodNetwork default: denied by a policy",
  };
  const waiting = { ...withLedger({ networks: [network] }), ledger: ledger() };
  const status = statusOf(waiting, { refused: [failure] });
  assert.match(
    told(status, "Accepted"),
    /^Accepted False\/FinalizerRefused: .*podnet\.dev\/claims.*: patch PodNetwork default: denied/,
  );
  assert.match(told(status, "Ready"), /^Ready False\/FinalizerRefused/);
  assert.match(told(status, "Stalled"), /^Stalled True\/FinalizerRefused/);
  const otherwise = [
    { ...failure, code: "Unavailable" },
    { ...failure, key: "other" },
    { ...failure, kind: "NodeSubnet" },
  ];
  assert.match(told(statusOf(waiting, { refused: otherwise }), "Accepted"), /^Accepted False\/Accepting/);
  // What a network has it keeps, whether its finalizer is there or not.
  assert.match(told(statusOf(withLedger({ networks: [network] }), { refused: [failure] }), "Accepted"), /^Accepted True/);
});

test("what the API server refuses of claims stands in Allocated, whether a node lacks its subnet or has one to be changed", () => {
  const failure = { kind: "NodeSubnet", key: "10.244.1.0-24", code: "Invalid", message: "NodeSubnet 10.244.1.0-24: too many" };
  const lacking = withLedger({ networks: [network], nodes: [nodeOf(1)] });
  assert.match(
    told(statusOf(lacking, { refused: [failure, failure] }), "Allocated"),
    /^Allocated False\/Allocating: subnets are being claimed for node-1; refused: NodeSubnet 10\.244\.1\.0-24: too many$/,
  );
  const having = withLedger({ networks: [network], nodes: three, claims: three.map((owner) => claimOf(owner, network)) });
  assert.match(
    told(statusOf(having, { refused: [failure] }), "Allocated"),
    /^Allocated True\/Allocated: 3 nodes with all subnets; refused: NodeSubnet 10\.244\.1\.0-24: too many$/,
  );
  const [lost, foreign] = [
    { ...failure, code: "Conflict" },
    { ...failure, key: "10.9.9.0-24" },
  ];
  assert.doesNotMatch(told(statusOf(having, { refused: [lost, foreign] }), "Allocated"), /refused/);
});

test("what the API server refuses of the ledger stands in Accepted, and what it refuses of a NodeNetwork in Programmed", () => {
  const message = "denied by a policy";
  const ledgerFailure = { kind: "RangeLedger", key: "cluster", code: "Forbidden", message };
  const waiting = { ...withLedger({ networks: [network] }), ledger: ledger() };
  assert.match(
    told(statusOf(waiting, { refused: [ledgerFailure] }), "Accepted"),
    /^Accepted False\/Accepting: 10\.244\.0\.0\/16 is about to be accepted; refused: denied by a policy$/,
  );
  assert.match(told(statusOf(withLedger({ networks: [network] }), { refused: [ledgerFailure] }), "Accepted"), /^Accepted True/);
  const having = withLedger({ networks: [network], nodes: three, claims: three.map((owner) => claimOf(owner, network)) });
  const recordFailure = { kind: "NodeNetwork", key: "node-2", code: "Invalid", message };
  const programmed = told(statusOf(having, { refused: [recordFailure] }), "Programmed");
  assert.match(programmed, /node-1 \(its NodeNetwork is about to be written\)/);
  assert.match(programmed, /node-2 \(its NodeNetwork is refused: denied by a policy\)/);
  const lost = { ...recordFailure, code: "Conflict" };
  assert.doesNotMatch(told(statusOf(having, { refused: [lost] }), "Programmed"), /refused/);
});

test("an unreadable network says which field is wrong", () => {
  const status = statusOf(withLedger({ networks: [networkOf("default", ["10.244.0.1/16"])] }));
  assert.match(
    told(status, "Ready"),
    /^Ready False\/InvalidSpec: spec\.ranges\[0\]\.cidr: "10\.244\.0\.1\/16" .* 10\.244\.0\.0\/16/,
  );
  assert.match(told(status, "CapacityOK"), /^CapacityOK Unknown\/InvalidSpec/);
});

test("a network without nodes is Ready and says that it has none", () => {
  assert.equal(told(statusOf(worldOf(network, [], {})), "Ready"), "Ready True/NoNodes: it has no nodes");
});

test("the columns of a dual-stack network show both families", () => {
  const dual = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48", "10.245.0.0/16"]);
  const { summary } = statusOf(withLedger({ networks: [dual] }));
  assert.deepEqual(summary, { cidrs: "10.244.0.0/16,fd00:10:244::/48,10.245.0.0/16", nodes: "0/0", free: "256/256,65536/65536" });
});

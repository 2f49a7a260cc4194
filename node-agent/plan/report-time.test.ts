import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition, NodeNetworkStatus } from "../../crds/types.ts";
import { reportAt } from "./report-time.ts";

const programmed: Condition = {
  type: "Programmed",
  status: "True",
  reason: "Programmed",
  message: "cni0 10.244.1.1/24",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const status: NodeNetworkStatus = {
  configGeneration: 1,
  observedAt: "2026-01-01T00:00:00Z",
  acknowledged: { incarnation: "ledger-1", sequence: 4 },
  mtu: 1500,
  summary: { bridge: "cni0 10.244.1.1/24", peers: "2/2" },
  peers: { known: 2, routed: 2 },
  subnets: [
    { cidr: "10.244.1.0/24", leases: 240, free: 13 },
    { cidr: "10.244.9.0/24", leases: 240, free: 13 },
    { cidr: "10.244.8.0/24", leases: 9, free: 244 },
  ],
  conditions: [programmed],
};
const more: NodeNetworkStatus = { ...status, summary: { ...status.summary, peers: "3/3" }, peers: { known: 3, routed: 3 } };
const never = Number.NEGATIVE_INFINITY;
const last = { status, heartbeatMs: 20_000, useToldMs: never, reachToldMs: never, driftToldMs: never };
const threshold = { open: ["10.244.1.0/24", "10.244.9.0/24"], addBelowFreeIPs: 16, nodes: 3 };

/** The status with so many leases in its last subnet. */
function withLeases(leases: number): NodeNetworkStatus {
  return { ...status, subnets: (status.subnets ?? []).map((subnet, n) => (n === 2 ? { ...subnet, leases } : subnet)) };
}

/** The status with so many addresses free in its first and its last subnet. */
function withFree(first: number, third = 244): NodeNetworkStatus {
  const free = [first, 13, third];
  return { ...status, subnets: (status.subnets ?? []).map((subnet, n) => ({ ...subnet, free: free[n] ?? 0 })) };
}

test("the first report is written at once", () => {
  assert.equal(reportAt(undefined, status, threshold, 5), 5);
});

test("nothing new waits for the heartbeat, whatever the order of fields and conditions", () => {
  const module: Condition = { ...programmed, type: "BridgeNetfilterMissing" };
  const turned = { ...Object.fromEntries(Object.entries(status).toReversed()), conditions: [module, programmed] };
  assert.equal(reportAt({ ...last, status: { ...status, conditions: [programmed, module] } }, turned, threshold, 7), 20_000);
  assert.equal(reportAt(last, status, threshold, 20_001), 20_001);
});

test("a fact of the node's own is written at once", () => {
  const [first, ...rest] = status.subnets ?? [];
  assert.ok(first !== undefined);
  const facts: NodeNetworkStatus[] = [
    { ...status, configGeneration: 2 },
    { ...status, mtu: 1450 },
    { ...status, nodeUID: "another" },
    { ...status, bootID: "another" },
    { ...status, summary: { ...status.summary, bridge: "cni0" } },
    { ...status, conditions: [{ ...programmed, status: "False" }] },
    { ...status, leaks: { collectedTotal: 1 } },
    { ...status, subnets: rest },
    { ...status, subnets: [{ ...first, drained: true }, ...rest] },
    { ...more, configGeneration: 2 },
  ];
  for (const next of facts) assert.equal(reportAt(last, next, threshold, 7), 7);
});

test("what happens to other nodes, releases seen and the time of the look wait for the heartbeat", () => {
  const unrouted: Condition = { ...programmed, type: "PeersUnrouted" };
  const others: NodeNetworkStatus[] = [
    more,
    { ...status, conditions: [programmed, unrouted] },
    { ...status, observedAt: "2026-01-01T00:01:00Z" },
    { ...status, acknowledged: { incarnation: "ledger-1", sequence: 5 } },
    { ...status, lost: [{ cidr: "10.244.2.0/24", node: "node-2", nodeUID: "uid-node-2" }] },
  ];
  for (const next of others) assert.equal(reportAt(last, next, threshold, 7), 20_000);
});

test("what was put right is told at once, then once in ten seconds at most, in a large cluster more rarely, and never later than the heartbeat", () => {
  const repaired = (repairsTotal: number): NodeNetworkStatus => ({ ...status, drift: { repairsTotal } });
  assert.equal(reportAt(last, repaired(1), threshold, 7), 7);
  const told = { ...last, status: repaired(1), driftToldMs: 1_000 };
  assert.equal(reportAt(told, repaired(2), threshold, 1_500), 11_000);
  assert.equal(reportAt(told, repaired(1), threshold, 1_500), 20_000, "nothing more was put right");
  assert.equal(reportAt({ ...told, heartbeatMs: 2_000 }, repaired(2), threshold, 1_500), 2_000);
  assert.equal(reportAt({ ...told, heartbeatMs: 200_000 }, repaired(2), { ...threshold, nodes: 5_000 }, 1_500), 101_000);
});

test("that somebody keeps undoing something is told at once; what else he undoes then, no sooner than repairs", () => {
  const contended = (message: string): NodeNetworkStatus => {
    return { ...status, conditions: [programmed, { ...programmed, type: "DriftContended", message }] };
  };
  const told = { ...last, driftToldMs: 1_000 };
  assert.equal(reportAt(told, contended("route a"), threshold, 1_500), 1_500);
  assert.equal(reportAt({ ...told, status: contended("route a") }, contended("route b"), threshold, 1_500), 11_000);
  assert.equal(reportAt({ ...told, status: contended("route a") }, status, threshold, 1_500), 1_500);
});

test("leases are told of at once only where the free addresses of a family pass the threshold, either way", () => {
  assert.equal(reportAt(last, withFree(3), threshold, 7), 20_000, "16 free over both open subnets is enough");
  assert.equal(reportAt(last, withFree(2), threshold, 7), 7, "15 is not");
  assert.equal(reportAt({ ...last, status: withFree(2) }, withFree(1), threshold, 7), 20_000, "still below");
  assert.equal(reportAt({ ...last, status: withFree(2) }, withFree(3), threshold, 7), 7, "no longer below");
  assert.equal(reportAt(last, withFree(13, 0), threshold, 7), 20_000, "a draining subnet gives none anyway");
});

test("a subnet's first lease and its last one are told of at once, those between with the heartbeat", () => {
  const unused = { ...last, status: withLeases(0) };
  assert.equal(reportAt(unused, withLeases(1), threshold, 7), 7);
  assert.equal(reportAt(last, withLeases(0), threshold, 7), 7);
  assert.equal(reportAt(last, withLeases(1), threshold, 7), 20_000);
  assert.equal(reportAt(unused, withLeases(0), threshold, 7), 20_000);
});

test("what is used and what is not is told of once in five seconds at most, and never later than the heartbeat", () => {
  const told = { ...last, useToldMs: 1_000 };
  assert.equal(reportAt(told, withLeases(0), threshold, 1_500), 6_000);
  assert.equal(reportAt(told, withLeases(0), threshold, 6_500), 6_500);
  assert.equal(reportAt(told, withLeases(1), threshold, 1_500), 20_000, "it is used as before");
  assert.equal(reportAt({ ...told, heartbeatMs: 2_000 }, withLeases(0), threshold, 1_500), 2_000);
  assert.equal(reportAt(told, { ...withLeases(0), configGeneration: 2 }, threshold, 1_500), 1_500, "another fact does not wait");
});

/** The status with these nodes not reached. */
function withBad(...nodes: readonly string[]): NodeNetworkStatus {
  const since = "2026-01-01T00:00:00Z";
  const bad = nodes.map((node) => ({ node, family: "IPv4" as const, reason: "NoAnswer", since }));
  return { ...status, reachability: { probed: 2, ...(bad.length === 0 ? {} : { bad }) } };
}

test("whom probes do not reach is told of at once, in whatever order; how many were probed waits for the heartbeat", () => {
  const all = { ...last, status: withBad() };
  assert.equal(reportAt(last, withBad(), threshold, 7), 7, "the first word of all");
  assert.equal(reportAt(all, withBad("node-2"), threshold, 7), 7);
  assert.equal(reportAt({ ...last, status: withBad("node-2") }, withBad(), threshold, 7), 7);
  assert.equal(reportAt({ ...last, status: withBad("node-3", "node-2") }, withBad("node-2", "node-3"), threshold, 7), 20_000);
  assert.equal(reportAt(all, { ...status, reachability: { probed: 3 } }, threshold, 7), 20_000);
});

test("that is told once in five seconds at most, and more rarely where many nodes see the same", () => {
  const told = { ...last, status: withBad(), heartbeatMs: 1_000_000, reachToldMs: 1_000 };
  assert.equal(reportAt(told, withBad("node-2"), threshold, 1_500), 6_000);
  assert.equal(reportAt(told, withBad("node-2"), { ...threshold, nodes: 5_000 }, 1_500), 251_000);
  assert.equal(reportAt({ ...told, heartbeatMs: 2_000 }, withBad("node-2"), threshold, 1_500), 2_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeCondition } from "../../lib/kube/builtin.ts";
import { bornAt, bornAtMs, claim, condition, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { type NodeConditionInput, planNodeCondition } from "./node-condition.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import type { NodeRecord } from "./snapshot.ts";

const network = networkOf("default", ["10.244.0.0/16"]);
const worker = node("node-1");
const claims = [claim("10.244.1.0/24", worker)];
const view = withLedger({ networks: [network], nodes: [worker], claims });
const told = nodeNetworkSteps(view, allocate(view))[0]?.want ?? assert.fail();

function reported(status: "True" | "False", configGeneration = 1): NodeRecord {
  const verdict = condition("Programmed", status, { reason: "LinkInUse", message: "cni0 belongs to somebody else" });
  return record({ ...told, status: { configGeneration, summary: { bridge: "cni0 10.244.1.1/24" }, conditions: [verdict] } });
}

interface Part extends Partial<NodeConditionInput> {
  /** The Node's condition as it is. */
  readonly have?: NodeCondition;
}

function plan({ have, ...part }: Part) {
  const conditions = have === undefined ? [] : [have];
  return planNodeCondition({
    node: node("node-1", { conditions }),
    claims,
    record: undefined,
    network: undefined,
    progress: { progress: "joining", lacks: "its agent has not reported yet" },
    peers: 2,
    nodeCount: 3,
    isRecovering: false,
    nowMs: bornAtMs + 60_000,
    ...part,
  });
}

const programmed: NodeCondition = {
  type: "NetworkUnavailable",
  status: "False",
  reason: "PodnetProgrammed",
  message: "podnet CNI programmed: cni0 10.244.1.1/24, 2 peers",
  lastTransitionTime: bornAt,
  lastHeartbeatTime: bornAt,
};

test("a programmed node is available, with its bridge and the number of its peers", () => {
  const now = "2026-01-01T00:01:00Z";
  assert.deepEqual(plan({ record: reported("True") }), {
    op: "write",
    condition: { ...programmed, lastTransitionTime: now, lastHeartbeatTime: now },
  });
  assert.deepEqual(plan({ record: reported("True"), have: programmed }), { op: "none" });
});

test("a node that is not programmed is unavailable, with what it lacks", () => {
  const made = plan({ record: record(told) });
  assert.ok(made.op === "write");
  assert.deepEqual(
    [made.condition.status, made.condition.reason, made.condition.message],
    ["True", "PodnetNotProgrammed", "podnet CNI not programmed: its agent has not reported yet"],
  );
});

test("a node whose claims went in order is not available again, though its NodeNetwork is still there and programmed", () => {
  const resting = { ...programmed, status: "True", reason: "PodnetNotProgrammed" } as const;
  const made = plan({ claims: [], record: reported("True"), have: resting });
  assert.ok(made.op !== "write" || made.condition.status === "True");
});

test("a programmed node tells which of its addresses others send to, and why", () => {
  const made = plan({ record: reported("True"), network, node: node("node-1", { addresses: ["192.168.1.11", "10.0.0.11"] }) });
  assert.ok(made.op === "write");
  assert.equal(
    made.condition.message,
    "podnet CNI programmed: cni0 10.244.1.1/24, 2 peers; others send to 192.168.1.11 (its first InternalIP of IPv4)",
  );
});

test("one peer is one peer", () => {
  const made = plan({ record: reported("True"), peers: 1 });
  assert.ok(made.op === "write" && made.condition.message.endsWith(", 1 peer"));
});

test("a change of status is written at once and moves lastTransitionTime", () => {
  const made = plan({ record: reported("False"), have: { ...programmed, lastHeartbeatTime: "2026-01-01T00:01:00Z" } });
  assert.ok(made.op === "write");
  assert.deepEqual([made.condition.status, made.condition.lastTransitionTime], ["True", "2026-01-01T00:01:00Z"]);
});

test("a node once programmed stays available through a change of its spec and a lost report", () => {
  for (const known of [reported("True", 0), record(told), undefined])
    assert.notEqual(JSON.stringify(plan({ record: known, have: programmed })).includes('"status":"True"'), true);
});

test("a first programming counts only for the newest spec and for this very Node", () => {
  for (const known of [
    reported("True", 0),
    record({ ...told, spec: { ...told.spec, nodeUID: "earlier" }, status: reported("True").object.status ?? {} }),
  ]) {
    const made = plan({ record: known });
    assert.ok(made.op === "write" && made.condition.status === "True");
  }
});

test("another message alone waits for its turn, which comes later in larger clusters, and keeps lastTransitionTime", () => {
  const have = { ...programmed, lastTransitionTime: "2025-12-31T00:00:00Z" };
  const at = (nowMs: number, nodeCount: number) => plan({ record: reported("True"), have, peers: 3, nodeCount, nowMs });
  const small = at(bornAtMs + 1_000, 3);
  assert.ok(small.op === "wait" && small.forMs >= 7_000 && small.forMs <= 11_000);
  const large = at(bornAtMs + 1_000, 5_000);
  assert.ok(large.op === "wait" && large.forMs >= 199_000 && large.forMs <= 299_000);
  const due = at(bornAtMs + 300_000, 5_000);
  assert.ok(due.op === "write");
  assert.deepEqual(
    [due.condition.message, due.condition.lastTransitionTime, due.condition.lastHeartbeatTime],
    ["podnet CNI programmed: cni0 10.244.1.1/24, 3 peers", "2025-12-31T00:00:00Z", "2026-01-01T00:05:00Z"],
  );
});

test("the turns of many nodes are spread", () => {
  const waits = Array.from({ length: 100 }, (_, index) => {
    const conditions = [programmed];
    const made = plan({
      node: node(`node-${index}`, { conditions, meta: { uid: `uid-${index * 7919}` } }),
      peers: 9,
      nodeCount: 5_000,
      nowMs: bornAtMs,
    });
    return made.op === "wait" ? made.forMs : assert.fail();
  });
  assert.ok(Math.max(...waits) - Math.min(...waits) > 50_000);
});

test("a node that is not ours is left alone, one of which nothing is left is given back", () => {
  assert.deepEqual(plan({ claims: [] }), { op: "none" });
  assert.deepEqual(plan({ claims: [], have: { ...programmed, reason: "RouteCreated" } }), { op: "none" });
  const resting: NodeCondition = { ...programmed, status: "True", reason: "PodnetNotProgrammed" };
  assert.deepEqual(plan({ claims: [], have: resting }), { op: "remove" });
  const earlier = record({ ...told, spec: { ...told.spec, nodeUID: "earlier" } });
  assert.deepEqual(plan({ claims: [], record: earlier, have: resting }), { op: "remove" });
});

test("a node whose claims were lost keeps its condition: it is a trace of what the node had", () => {
  assert.deepEqual(plan({ claims: [], record: reported("True"), have: programmed }), { op: "none" });
  assert.deepEqual(plan({ claims: [], have: programmed, isRecovering: true }), { op: "none" });
  assert.deepEqual(plan({ claims: [], have: programmed }), { op: "none" }, "the loss is not known yet");
});

test("a node whose last claim rests takes no new pods", () => {
  const rests = [claim("10.244.1.0/24", worker, network, { state: "Held", heldAt: bornAt })];
  for (const have of [programmed, undefined]) {
    const made = plan({ claims: rests, record: reported("True"), progress: undefined, ...(have && { have }) });
    assert.ok(made.op === "write");
    assert.deepEqual(
      [made.condition.status, made.condition.message],
      ["True", "podnet CNI not programmed: it belongs to no network"],
    );
  }
  const one = plan({ claims: [...rests, ...claims], record: reported("True"), have: programmed });
  assert.deepEqual(one, { op: "none" });
});

test("a Pending claim is not yet a network", () => {
  const made = plan({ claims: [claim("10.244.1.0/24", worker, network, { state: "Pending" })] });
  assert.ok(made.op === "write" && made.condition.status === "True");
});

test("a condition that somebody else wrote on a node of ours is taken over", () => {
  const made = plan({ record: reported("True"), have: { ...programmed, status: "True", reason: "NoRouteCreated" } });
  assert.ok(made.op === "write" && made.condition.status === "False");
});

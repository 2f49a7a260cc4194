import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeCondition, Taint } from "../../lib/kube/builtin.ts";
import { storedMeta } from "../../test/support/plan-snapshot.ts";
import { readNode } from "./read.ts";
import { programmedButTainted } from "./startup-taint.ts";

const ours: readonly Taint[] = [
  { key: "podnet.dev/not-programmed", effect: "NoExecute" },
  { key: "startup-taint.cluster-autoscaler.kubernetes.io/podnet-not-programmed", effect: "NoSchedule" },
];
const other: Taint = { key: "example.com/gpu", value: "yes", effect: "NoSchedule" };
const programmed: NodeCondition = { type: "NetworkUnavailable", status: "False", reason: "PodnetProgrammed" };

function nodeWith(taints: Taint[] | undefined, conditions: NodeCondition[], meta: object = {}) {
  return readNode({
    metadata: { ...storedMeta("node-1"), resourceVersion: "7", ...meta },
    spec: taints === undefined ? {} : { taints },
    status: { conditions },
  });
}

test("a node whose network is programmed loses the taints that stand for one that is not there yet, and keeps others", () => {
  const node = nodeWith([other, ...ours], [programmed]);
  assert.deepEqual(programmedButTainted([node]), [node]);
  assert.deepEqual(node.startupTaint, { others: [other] });
});

test("it keeps them until podnet itself says that its network is programmed, and where it is going anyway", () => {
  const unprogrammed: NodeCondition = { ...programmed, status: "True", reason: "PodnetNotProgrammed" };
  const nodes = [
    nodeWith([...ours], []),
    nodeWith([...ours], [unprogrammed]),
    nodeWith([...ours], [{ ...programmed, reason: "RouteCreated" }]),
    nodeWith([...ours], [programmed], { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  ];
  assert.deepEqual(programmedButTainted(nodes), []);
});

test("a node without such a taint is left alone", () => {
  assert.deepEqual(programmedButTainted([nodeWith(undefined, [programmed]), nodeWith([other], [programmed])]), []);
});

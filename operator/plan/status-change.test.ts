import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetworkStatus } from "../../crds/types.ts";
import { condition } from "../../test/support/plan-snapshot.ts";
import { statusChange } from "./status-change.ts";

const status: PodNetworkStatus = {
  conditions: [condition("Ready", "True"), condition("Accepted", "True")],
  capacity: { nodesUntilExhaustion: 7, freeIPs: 100, lowestFreeIPsNode: "node-1" },
  blockedBy: [
    { kind: "Node", name: "b", reason: "1 pod" },
    { kind: "Node", name: "a", reason: "2 pods" },
  ],
};

test("the order of a list makes no difference", () => {
  const turned = {
    ...status,
    conditions: status.conditions?.toReversed() ?? [],
    blockedBy: status.blockedBy?.toReversed() ?? [],
  };
  assert.equal(statusChange(status, turned), "None");
});

test("an empty list and none are the same", () => {
  const { blockedBy: _, ...rest } = status;
  assert.equal(statusChange(rest, { ...rest, blockedBy: [] }), "None");
});

test("free pod addresses, the node with fewest of them, and repairs are figures, all else are facts", () => {
  const capacity = { nodesUntilExhaustion: 7, freeIPs: 99, lowestFreeIPsNode: "node-2" };
  assert.equal(statusChange({ ...status, capacity }, status), "Figures");
  assert.equal(statusChange({ ...status, drift: { repairsTotal: 1 } }, status), "Figures");
  assert.equal(statusChange({ ...status, capacity: { ...capacity, nodesUntilExhaustion: 6 } }, status), "Facts");
  assert.equal(statusChange({ ...status, capacity, conditions: [condition("Ready", "False")] }, status), "Facts");
  assert.equal(statusChange(status, undefined), "Facts");
});

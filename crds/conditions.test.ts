import assert from "node:assert/strict";
import { test } from "node:test";
import { setCondition } from "./conditions.ts";
import type { Condition } from "./types.ts";

const noon = Date.UTC(2026, 10, 24, 12);
const ready: Condition = {
  type: "Ready",
  status: "False",
  reason: "Programming",
  message: "waiting for node-1",
  lastTransitionTime: "2026-11-24T10:00:00Z",
};
const accepted: Condition = { ...ready, type: "Accepted", status: "True", reason: "Accepted" };

test("a condition keeps its time while its status stays, whatever its reason and message become", () => {
  const next = { type: "Ready", status: "False", reason: "NodesFailing", message: "node-2", observedGeneration: 4 } as const;
  assert.deepEqual(setCondition([ready], next, noon), [{ ...next, lastTransitionTime: ready.lastTransitionTime }]);
});

test("a condition takes the present time, in whole seconds, when its status changes", () => {
  const next = { type: "Ready", status: "True", reason: "Ready", message: "3 of 3 nodes programmed" } as const;
  assert.deepEqual(setCondition([ready], next, noon + 678), [{ ...next, lastTransitionTime: "2026-11-24T12:00:00Z" }]);
});

test("a new condition comes last, a known one keeps its place, and the list given is left as it is", () => {
  const given = [ready];
  const both = setCondition(given, { ...accepted }, noon);
  assert.deepEqual(given, [ready]);
  assert.deepEqual(
    both.map(({ type }) => type),
    ["Ready", "Accepted"],
  );
  assert.deepEqual(
    setCondition(both, ready, noon).map(({ type }) => type),
    ["Ready", "Accepted"],
  );
});

test("a message longer than the schema allows is cut, and says so", () => {
  const [condition] = setCondition([], { ...ready, message: "x".repeat(5000) }, noon);
  assert.equal(condition?.message.length, 4096);
  assert.ok(condition?.message.endsWith("x..."));
});

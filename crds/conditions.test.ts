import assert from "node:assert/strict";
import { test } from "node:test";
import { setConditions, type Verdict } from "./conditions.ts";
import type { Condition } from "./types.ts";

const judged = { observedGeneration: 4, nowMs: Date.UTC(2026, 10, 24, 12) };
const before: Condition = {
  type: "Ready",
  status: "False",
  reason: "Programming",
  message: "waiting for node-1",
  observedGeneration: 3,
  lastTransitionTime: "2026-11-24T10:00:00Z",
};
const waiting: Verdict = { type: "Ready", status: "False", reason: "NodesFailing", message: "node-2" };
const accepted: Verdict = { type: "Accepted", status: "True", reason: "Accepted", message: "" };

function typesOf(conditions: readonly Condition[]): string[] {
  return conditions.map(({ type }) => type);
}

test("a condition keeps its time while its status stays, whatever its reason, message and generation become", () => {
  assert.deepEqual(setConditions([before], [waiting], judged), [
    { ...waiting, observedGeneration: 4, lastTransitionTime: before.lastTransitionTime },
  ]);
});

test("a condition takes the present time, in whole seconds, when its status changes", () => {
  const next: Verdict = { type: "Ready", status: "True", reason: "Ready", message: "3 of 3 nodes programmed" };
  assert.deepEqual(setConditions([before], [next], { ...judged, nowMs: judged.nowMs + 678 }), [
    { ...next, observedGeneration: 4, lastTransitionTime: "2026-11-24T12:00:00Z" },
  ]);
});

test("a new condition comes last, a known one keeps its place, and the list given is left as it is", () => {
  const given = [before];
  const both = setConditions(given, [accepted, waiting], judged);
  assert.deepEqual(given, [before]);
  assert.deepEqual(typesOf(both), ["Ready", "Accepted"]);
  assert.deepEqual(typesOf(setConditions(both, [accepted, waiting], judged)), ["Ready", "Accepted"]);
});

test("a condition without a verdict goes", () => {
  assert.deepEqual(typesOf(setConditions([before], [accepted], judged)), ["Accepted"]);
});

test("a message longer than the schema allows is cut, and says so", () => {
  const [condition] = setConditions([], [{ ...waiting, message: "x".repeat(5000) }], judged);
  assert.equal(condition?.message.length, 4096);
  assert.ok(condition?.message.endsWith("x..."));
});

test("a message is spelled out where it could deceive, and cut between two characters", () => {
  const said = (message: string) =>
    setConditions([], [{ type: "Ready", status: "False", reason: "Test", message }], { observedGeneration: 1, nowMs: 0 })[0]
      ?.message;
  assert.equal(said("its agent says: \u001b[2J\nAll is well"), "its agent says: \\u001b[2J\\u000aAll is well");
  assert.equal(said(`${"a".repeat(4092)}🚀${"b".repeat(9)}`), `${"a".repeat(4092)}...`);
});

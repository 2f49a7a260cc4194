import assert from "node:assert/strict";
import { test } from "node:test";
import { createBeginnings } from "./beginnings.ts";
import type { PlannedEvent } from "./plan/events.ts";

function event(name: string, times?: number): PlannedEvent {
  const rest = times === undefined ? {} : { times };
  return {
    regarding: { apiVersion: "v1", kind: "Node", name },
    reason: times === undefined ? "NodeUnselected" : "LeasesCollected",
    note: "",
    ...rest,
  };
}

/** For each call the names of those told. */
function told(...calls: readonly (readonly PlannedEvent[])[]): string[][] {
  const begun = createBeginnings();
  return calls.map((call) => begun(call).map(({ regarding }) => regarding.name));
}

test("what stands is told when it begins, again after it was gone, and not in between", () => {
  const a = [event("a")];
  assert.deepEqual(told(a, a, [], a), [["a"], [], [], ["a"]]);
});

test("another one of the same object is told beside one that stands", () => {
  const [first, second] = ["10.244.1.0/24", "10.244.2.0/24"].map((about): PlannedEvent => ({ ...event("a"), about }));
  assert.deepEqual(told([first ?? assert.fail()], [first ?? assert.fail(), second ?? assert.fail()]), [["a"], ["a"]]);
});

test("what is counted is told when it grows, and not for what it was before this process looked", () => {
  assert.deepEqual(told([event("a", 3)], [event("a", 3)], [event("a", 4)], [event("a", 4)]), [[], [], ["a"], []]);
  assert.deepEqual(told([], [event("a", 1)], [event("a", 1), event("b", 2)]), [[], ["a"], ["b"]]);
});

test("a count that falls, as of a NodeNetwork that was made anew, is told from there on", () => {
  assert.deepEqual(told([event("a", 9)], [event("a", 1)], [event("a", 2)]), [[], [], ["a"]]);
});

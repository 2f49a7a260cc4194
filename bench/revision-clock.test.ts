import assert from "node:assert/strict";
import { test } from "node:test";
import { timeOf } from "./revision-clock.ts";

test("a write's time is that of the first reading that knows of it", () => {
  const timeline = { samples: [10, 20, 30].map((ms) => ({ ms, revision: ms * 100 })) };
  assert.deepEqual(
    ["900", "1000", "1001", "3000"].map((revision) => timeOf(timeline, revision)),
    [10, 10, 20, 30],
  );
  assert.ok(Number.isNaN(timeOf(timeline, "3001")));
});

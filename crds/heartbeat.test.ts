import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { heartbeatPeriodMs, isHeard, nextHeartbeatMs } from "./heartbeat.ts";

const bornAt = "2026-01-01T00:00:00Z";
const bornAtMs = Date.parse(bornAt);
const anyCluster = fc.record({
  seconds: fc.integer({ min: 1, max: 3600 }),
  nodes: fc.integer({ min: 0, max: 100_000 }),
  chances: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 3 }),
});

test("signs of life of any number of nodes are 25 a second at most, and none comes sooner than 0.8 of the period", () => {
  fc.assert(
    fc.property(anyCluster, ({ nodes, chances: [chance = 0] }) => {
      const period = nextHeartbeatMs(60_000, nodes, chance);
      assert.ok(period >= 48_000 && nodes / (period / 1000) <= 25.001);
      assert.ok(period <= 1.2 * Math.max(60_000, nodes * 50));
    }),
  );
});

test("an agent that missed two signs of life in a row is heard, whatever chance made of its periods", () => {
  fc.assert(
    fc.property(anyCluster, ({ seconds, nodes, chances }) => {
      const sinceMs = chances.reduce((sum, chance) => sum + nextHeartbeatMs(seconds * 1000, nodes, chance), 0);
      assert.ok(isHeard(bornAt, nodes, { nowMs: bornAtMs + sinceMs, heartbeatSeconds: seconds }));
    }),
  );
});

test("an agent is silent after three periods of the longest, in a large cluster later than in a small one", () => {
  assert.deepEqual([heartbeatPeriodMs(60_000, 1_000), heartbeatPeriodMs(60_000, 5_000)], [60_000, 250_000]);
  const after = (seconds: number, nodes: number) =>
    isHeard(bornAt, nodes, { nowMs: bornAtMs + seconds * 1_000, heartbeatSeconds: 60 });
  assert.deepEqual([after(215, 1_000), after(217, 1_000), after(899, 5_000), after(901, 5_000)], [true, false, true, false]);
});

test("an agent that never gave a sign of life is silent", () => {
  assert.equal(isHeard(undefined, 1, { nowMs: bornAtMs, heartbeatSeconds: 60 }), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { askedWaitMs, backoffMs } from "./backoff.ts";

test("the wait doubles with each failure and stops at the maximum", () => {
  const bounds = { minMs: 5, maxMs: 300_000 };
  const longest = [1, 2, 3, 4, 16, 17, 18, 5_000].map((attempt) => backoffMs(attempt, bounds, () => 1));
  assert.deepEqual(longest, [5, 10, 20, 40, 163_840, 300_000, 300_000, 300_000]);
});

test("the wait is always between half and all of the undisturbed one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const bounds = { minMs: 5, maxMs: 300_000 };
      const full = backoffMs(attempt, bounds, () => 1);
      const wait = backoffMs(attempt, bounds, () => random);
      assert.ok(wait >= full / 2 && wait <= full, `${wait} of ${full}`);
    }),
  );
});

test("an error that asks for a wait is heard, anything else asks for none", () => {
  assert.equal(askedWaitMs(Object.assign(new Error("429"), { retryAfterMs: 1_500 })), 1_500);
  assert.equal(askedWaitMs(Object.assign(new Error("odd"), { retryAfterMs: "soon" })), 0);
  assert.equal(askedWaitMs(new Error("plain")), 0);
  assert.equal(askedWaitMs("no error at all"), 0);
});

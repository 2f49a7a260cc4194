import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { countLeading } from "./sorted.ts";

test("items below a bound are counted as by looking at each", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: -1, max: 21 }), (items, bound) => {
      const sorted = items.toSorted((a, b) => a - b);
      assert.equal(
        countLeading(sorted, (item) => item < bound),
        items.filter((item) => item < bound).length,
      );
    }),
  );
});

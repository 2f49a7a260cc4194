import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import * as fc from "fast-check";
import { inParallel } from "./parallel.ts";

test("every item is done once, results keep their order, and no more run at a time than allowed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (turns, limit) => {
        let running = 0;
        let most = 0;
        const items = turns.map((count, index) => ({ count, index }));
        const results = await inParallel(items, limit, async ({ count, index }) => {
          most = Math.max(most, ++running);
          for (let i = 0; i < count; i++) await turn();
          running--;
          return index;
        });
        assert.deepEqual(
          results,
          items.map(({ index }) => index),
        );
        assert.equal(most, Math.min(limit, items.length));
      },
    ),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { containsPrefix, prefixAround, prefixesOverlap, renderPrefix } from "./prefix.ts";
import { indexPrefixes } from "./prefix-index.ts";

const prefixes = fc
  .record({ family: fc.constantFrom(4 as const, 6 as const), value: fc.nat(63), length: fc.integer({ min: 0, max: 6 }) })
  .map(({ family, value, length }) => prefixAround({ family, value: BigInt(value) << (family === 4 ? 26n : 122n) }, length));

test("what is found is what a look at every entry finds, also where entries overlap or are equal", () => {
  fc.assert(
    fc.property(fc.array(prefixes, { maxLength: 12 }), prefixes, (list, asked) => {
      const entries = list.map((prefix, name) => ({ name, prefix }));
      const index = indexPrefixes(entries);
      const names = (found: Iterable<{ readonly name: number }>) => [...found].map(({ name }) => name).toSorted((a, b) => a - b);
      const around = entries.filter(({ prefix }) => containsPrefix(prefix, asked));
      assert.deepEqual(names(index.allAround(asked)), names(around));
      assert.deepEqual(names(index.touching(asked)), names(entries.filter(({ prefix }) => prefixesOverlap(prefix, asked))));
      const longest = Math.max(...around.map(({ prefix }) => prefix.length));
      assert.equal(index.around(asked)?.prefix.length, around.length === 0 ? undefined : longest, renderPrefix(asked));
    }),
    { numRuns: 1_000 },
  );
});

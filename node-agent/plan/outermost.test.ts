import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { containsPrefix, prefixAround, prefixesOverlap, renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { outermost } from "./outermost.ts";

/** Few bits, so that prefixes often meet. */
const prefixes = fc.array(
  fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.bigInt({ min: 0n, max: 255n }), fc.integer({ min: 0, max: 8 }))
    .map(([family, value, length]) => {
      const bits = family === 4 ? 32 : 128;
      return prefixAround({ family, value: value << BigInt(bits - 8) }, length);
    }),
);

test("what is kept is disjoint, was given, and covers everything given", () => {
  fc.assert(
    fc.property(prefixes, (given) => {
      const kept = outermost(given);
      for (const [n, prefix] of kept.entries()) {
        assert.ok(given.includes(prefix));
        assert.ok(!kept.slice(0, n).some((other) => prefixesOverlap(other, prefix)));
      }
      assert.ok(given.every((prefix) => kept.some((outer) => containsPrefix(outer, prefix))));
    }),
  );
});

test("a prefix in another one and a twin are left out", () => {
  const given = ["10.244.1.0/24", "10.244.0.0/16", "fd00::/48", "10.244.0.0/16", "10.0.0.0/8"].map(toPrefix);
  assert.deepEqual(outermost(given).map(renderPrefix), ["10.0.0.0/8", "fd00::/48"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, renderFirst } from "./counts.ts";

test("one is one, and all else several", () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => countOf(count, "node")),
    ["0 nodes", "1 node", "2 nodes"],
  );
  assert.deepEqual(
    [1, 2].map((count) => countOf(count, "address", "addresses")),
    ["1 address", "2 addresses"],
  );
});

test("of many the first are named and the others counted", () => {
  assert.equal(renderFirst([]), "");
  assert.equal(renderFirst(["a", "b"], 2), "a, b");
  assert.equal(renderFirst(["a", "b", "c"], 2), "a, b and 1 more");
  assert.match(renderFirst(Array.from({ length: 13 }, (_, at) => `n${at}`)), /n9 and 3 more$/);
});

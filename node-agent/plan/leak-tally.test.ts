import assert from "node:assert/strict";
import { test } from "node:test";
import { withCollected } from "./leak-tally.ts";

const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
const collected = [1, 2, 3, 4, 5, 6].map((n) => ({ address: `10.244.1.${n}`, at: at(n) }));

test("the tally counts on from what stood there, and names the last five, the newest first", () => {
  const first = withCollected(undefined, collected.slice(0, 2));
  assert.deepEqual(first, { collectedTotal: 2, last: [collected[1], collected[0]] });
  assert.deepEqual(withCollected(first, collected.slice(2)), { collectedTotal: 6, last: collected.toReversed().slice(0, 5) });
});

test("where nothing is collected the tally stays the very same, and nothing is told where there is none", () => {
  const tally = { collectedTotal: 1 };
  assert.equal(withCollected(tally, []), tally);
  assert.equal(withCollected(undefined, []), undefined);
});

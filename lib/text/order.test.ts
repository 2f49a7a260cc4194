import assert from "node:assert/strict";
import { test } from "node:test";
import { compareText } from "./order.ts";

test("texts are ordered by code unit, whatever the language of the machine, and equal ones are equal", () => {
  assert.deepEqual(["b", "ä", "a", "B", "10", "9", ""].toSorted(compareText), ["", "10", "9", "B", "a", "b", "ä"]);
  assert.equal(compareText("a", "a"), 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { selects } from "./selector.ts";

const labels = { zone: "a", disk: "ssd" };

test("an empty or missing selector selects every node", () => {
  assert.equal(selects(undefined, {}), true);
  assert.equal(selects({}, labels), true);
});

test("every label and every expression must be met", () => {
  const cases: readonly [boolean, Parameters<typeof selects>[0]][] = [
    [true, { matchLabels: { zone: "a" } }],
    [false, { matchLabels: { zone: "a", disk: "hdd" } }],
    [false, { matchLabels: { toString: "a" } }],
    [true, { matchExpressions: [{ key: "zone", operator: "In", values: ["b", "a"] }] }],
    [false, { matchExpressions: [{ key: "rack", operator: "In", values: ["a"] }] }],
    [false, { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }],
    [true, { matchExpressions: [{ key: "zone", operator: "Exists" }] }],
    [false, { matchExpressions: [{ key: "constructor", operator: "Exists" }] }],
    [true, { matchExpressions: [{ key: "rack", operator: "DoesNotExist" }] }],
    [false, { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] }],
    [false, { matchLabels: { zone: "a" }, matchExpressions: [{ key: "rack", operator: "Exists" }] }],
  ];
  for (const [wanted, selector] of cases) assert.equal(selects(selector, labels), wanted, JSON.stringify(selector));
});

test("NotIn is met by a node without the label, as everywhere in Kubernetes", () => {
  assert.equal(selects({ matchExpressions: [{ key: "rack", operator: "NotIn", values: ["a"] }] }, labels), true);
});

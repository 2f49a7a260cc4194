import assert from "node:assert/strict";
import { test } from "node:test";
import { network, node } from "../../test/support/plan-snapshot.ts";
import { compareAge, networkFor, selects } from "./select.ts";

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

const old = network({ name: "z", meta: { creationTimestamp: "2025-12-31T23:59:59Z" } });
const sameSecondA = network({ name: "a" });
const sameSecondB = network({ name: "b" });
const byAge = [sameSecondB, sameSecondA, old].toSorted(compareAge);

test("networks go by age, those of one second by name", () => {
  assert.deepEqual(
    byAge.map(({ name }) => name),
    ["z", "a", "b"],
  );
});

test("a node joins the oldest network that selects it and has something to give", () => {
  const worker = node("node-1");
  assert.equal(networkFor(worker, { networks: byAge, usable: () => true })?.name, "z");
  assert.equal(networkFor(worker, { networks: byAge, usable: ({ name }) => name === "b" })?.name, "b");
});

test("a node whose every network is unusable belongs to the oldest, which says why it gets nothing", () => {
  assert.equal(networkFor(node("node-1"), { networks: byAge, usable: () => false })?.name, "z");
});

test("a Terminating or unreadable network takes no new node", () => {
  const leaving = network({ meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const broken = network({ spec: { ranges: [{ cidr: "nonsense", nodePrefixLength: 24 }] } });
  assert.equal(networkFor(node("node-1"), { networks: [leaving, broken], usable: () => true }), undefined);
});

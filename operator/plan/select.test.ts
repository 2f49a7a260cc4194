import assert from "node:assert/strict";
import { test } from "node:test";
import { network, node } from "../../test/support/plan-snapshot.ts";
import { compareAge, networksFor, selects } from "./select.ts";
import type { Network } from "./snapshot.ts";

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

function namesFor(networks: readonly Network[], usable: (network: Network) => boolean = () => true): string[] {
  return networksFor(node("node-1"), { networks, usable }).map(({ name }) => name);
}

test("a node may join the usable network of highest priority, or any of several alike, oldest first", () => {
  const high = network({ name: "high", spec: { priority: 1 } });
  assert.deepEqual(namesFor([old]), ["z"]);
  assert.deepEqual(namesFor(byAge), ["z", "a", "b"]);
  assert.deepEqual(namesFor([...byAge, high]), ["high"]);
  assert.deepEqual(
    namesFor([...byAge, high], ({ name }) => name === "b"),
    ["b"],
  );
});

test("a node whose every network is unusable belongs to the oldest, which says why it gets nothing", () => {
  assert.deepEqual(
    namesFor(byAge, () => false),
    ["z"],
  );
});

test("a Terminating or unreadable network takes no new node, and one that does not select it neither", () => {
  const leaving = network({ meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const broken = network({ spec: { ranges: [{ cidr: "nonsense", nodePrefixLength: 24 }] } });
  const other = network({ spec: { nodeSelector: { matchLabels: { pool: "other" } } } });
  assert.deepEqual(namesFor([leaving, broken, other]), []);
});

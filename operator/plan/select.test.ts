import assert from "node:assert/strict";
import { test } from "node:test";
import { network, node } from "../../test/support/plan-snapshot.ts";
import { compareAge, networksFor } from "./select.ts";
import type { Network } from "./snapshot.ts";

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

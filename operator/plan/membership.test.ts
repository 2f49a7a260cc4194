import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, networkOf, node, withLedger } from "../../test/support/plan-snapshot.ts";
import { planWorld } from "../../test/support/plan-world.ts";
import { allocate } from "./allocate.ts";
import type { Snapshot } from "./snapshot.ts";

const younger = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };
const [a, b] = [networkOf("a", ["10.1.0.0/16"]), networkOf("b", ["10.2.0.0/16"], younger)];
const high = networkOf("high", ["10.3.0.0/16"], { ...younger, spec: { priority: 1 } });
const one = node("node-1");

/** e.g. `["node-1 in a"]`; also those that nobody gets. */
function homes(part: Partial<Snapshot>): string[] {
  const { members, ambiguities, unselected, unserved } = allocate(withLedger(part));
  return [
    ...members.map(({ node, network }) => `${node.name} in ${network.name}`),
    ...ambiguities.map(({ node, networks }) => `${node} between ${networks.map(({ name }) => name).join(" and ")}`),
    ...unselected.map((name) => `${name} unselected`),
    ...unserved.map(({ node, networks }) => `${node} unserved by ${networks.map(({ name }) => name).join(" and ")}`),
  ];
}

test("a node that two networks of the same priority select gets nothing of either, and both are named, the oldest first", () => {
  assert.deepEqual(homes({ networks: [b, a], nodes: [one] }), ["node-1 between a and b"]);
  assert.deepEqual(allocate(withLedger({ networks: [b, a], nodes: [one] })).creates, []);
});

test("the highest priority decides, where that is one network", () => {
  assert.deepEqual(homes({ networks: [a, b, high], nodes: [one] }), ["node-1 in high"]);
});

test("a node stays with the network that it has subnets of, whatever the priorities, selectors and labels become", () => {
  const claims = [claim("10.1.0.0/24", one, a)];
  assert.deepEqual(homes({ networks: [a, b, high], nodes: [one], claims }), ["node-1 in a"]);
  const moved = networkOf("a", ["10.1.0.0/16"], { spec: { nodeSelector: { matchLabels: { pool: "x" } } } });
  assert.deepEqual(homes({ networks: [moved, b], nodes: [one], claims }), ["node-1 in a"]);
  assert.equal(allocate(withLedger({ networks: [moved, b], nodes: [one], claims })).members[0]?.isSelected, false);
});

test("a node that no network selects is named, one that is being deleted is not", () => {
  const choosy = networkOf("a", ["10.1.0.0/16"], { spec: { nodeSelector: { matchLabels: { pool: "x" } } } });
  const leaving = node("node-2", { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  assert.deepEqual(homes({ networks: [choosy], nodes: [one, leaving] }), ["node-1 unselected"]);
});

test("a node that only networks select which take no new node is named with these, and joins another one that selects it", () => {
  const leaving = networkOf("leaving", ["10.1.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const broken = networkOf("broken", ["nonsense"], younger);
  const choosy = networkOf("a", ["10.1.0.0/16"], { spec: { nodeSelector: { matchLabels: { pool: "x" } } } });
  assert.deepEqual(homes({ networks: [broken, choosy, leaving], nodes: [one] }), ["node-1 unserved by leaving and broken"]);
  assert.deepEqual(homes({ networks: [broken, leaving, b], nodes: [one] }), ["node-1 in b"]);
});

test("a node whose last subnets rest joins nothing until they are gone", () => {
  const claims = [claim("10.1.0.0/24", one, a, { state: "Held" })];
  assert.deepEqual(homes({ networks: [b], nodes: [one], claims }), []);
});

/** A world of node-1 with pods, on machine M. */
function running(machineID = "machine-of-node-1") {
  const world = planWorld({ networks: [a], nodes: [node("node-1", { machineID }), node("node-2")] });
  world.rounds(2);
  world.setPods("10.1.0.0/24", 5);
  world.look();
  return world;
}

const again = (machineID: string) => node("node-1", { machineID, meta: { uid: "uid-again" } });

test("a Node that is re-created on the same machine gets its subnet back, and no other one", () => {
  const world = running();
  world.change({ nodes: [again("machine-of-node-1"), node("node-2")] });
  assert.deepEqual(world.rounds(4), [
    "change NodeSubnet 10.1.0.0-24: its Node is gone",
    "change NodeSubnet 10.1.0.0-24: owner: node-1 (uid-node-1), a (uid-a), 10.1.0.0/24, wanted node-1 (uid-again), a (uid-a), 10.1.0.0/24",
    "change NodeNetwork node-1: nodeUID: uid-node-1, wanted uid-again",
  ]);
  assert.deepEqual(world.claims(), ["node-1 10.1.0.0/24 Active", "node-2 10.1.1.0/24 Active"]);
});

test("a Node that is gone for a while and comes back on the same machine gets its subnet back from rest", () => {
  const world = running();
  world.change({ nodes: [node("node-2")] });
  world.rounds(3);
  assert.ok(world.claims().includes("node-1 10.1.0.0/24 Held"));
  world.change({ nodes: [again("machine-of-node-1"), node("node-2")] });
  world.rounds(3);
  assert.deepEqual(world.claims(), ["node-1 10.1.0.0/24 Active", "node-2 10.1.1.0/24 Active"]);
});

test("a Node that is re-created on another machine gets another subnet, and the old one rests, then goes", () => {
  const world = running();
  world.change({ nodes: [again("other"), node("node-2")] });
  world.setPods("10.1.0.0/24", 0);
  world.rounds(3);
  assert.deepEqual(world.claims(), ["node-1 10.1.0.0/24 Held", "node-1 10.1.2.0/24 Active", "node-2 10.1.1.0/24 Active"]);
  world.rounds(14);
  assert.deepEqual(world.claims(), ["node-1 10.1.2.0/24 Active", "node-2 10.1.1.0/24 Active"]);
});

test("a machine that does not say which it is gets nothing back", () => {
  const world = running();
  world.change({ nodes: [node("node-1", { meta: { uid: "uid-again" } }), node("node-2")] });
  world.rounds(3);
  assert.ok(world.claims().includes("node-1 10.1.2.0/24 Active"));
});

test("a Node that waits for its deletion keeps all it has, and is told of it again though its NodeNetwork be lost", () => {
  const world = running();
  const before = world.claims();
  const leaving = node("node-1", { machineID: "machine-of-node-1", meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  world.change({ nodes: [leaving, node("node-2")] });
  assert.deepEqual(world.rounds(3), []);
  world.change({ records: world.now().records.filter((record) => record.node !== "node-1") });
  world.rounds(3);
  assert.deepEqual([world.claims(), world.told()], [before, before]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlanWorld } from "../../test/support/plan-world.ts";
import { changed, drainAt, fixed, rolledOut, settled } from "../../test/support/rolling-world.ts";

/** The kubelet and the agent of a node fall silent, or are back. */
function setPower(world: PlanWorld, name: string, isOn: boolean): void {
  world.setAgent(name, isOn ? "runs" : "is silent");
  const readiness = isOn ? "True" : "Unknown";
  world.change({ nodes: world.now().nodes.map((one) => (one.name === name ? { ...one, readiness } : one)) });
}

test("a node whose kubelet is silent stops nobody, and gets its turn when it is heard again", () => {
  const world = settled(3, 1);
  setPower(world, "node-0", false);
  world.change({ networks: [rolledOut(1, fixed)] });
  world.rounds(4);
  assert.equal(changed(world), 2);
  setPower(world, "node-0", true);
  world.rounds(1);
  assert.equal(changed(world), 3);
});

test("nodes that are silent and come back at once change no more at a time than others", () => {
  const world = settled(5, 2);
  const names = world.now().nodes.map(({ name }) => name);
  for (const name of names) setPower(world, name, false);
  world.change({ networks: [rolledOut(2, fixed)] });
  world.rounds(4);
  assert.equal(changed(world), 0);
  for (const name of names) setPower(world, name, true);
  world.pass();
  world.pass();
  assert.equal(changed(world), 2);
});

const home = (world: PlanWorld, name: string) => world.told().filter((line) => line.startsWith(name));

test("a drain goes past a silent node, which keeps what it has and moves when it is heard again", () => {
  const world = settled(5, 1);
  setPower(world, "node-2", false);
  drainAt(world);
  world.rounds(30);
  assert.deepEqual(world.told(), [
    "node-0 10.245.0.0/24 Active",
    "node-1 10.245.1.0/24 Active",
    "node-2 10.244.2.0/24 Active",
    "node-3 10.245.2.0/24 Active",
    "node-4 10.245.3.0/24 Active",
  ]);
  setPower(world, "node-2", true);
  world.rounds(8);
  assert.deepEqual(home(world, "node-2"), ["node-2 10.245.4.0/24 Active"]);
});

test("a node that falls silent in the middle of its drain keeps both subnets and no place; heard again, it holds one until it is done", () => {
  const world = settled(3, 1);
  for (const at of [0, 1, 2]) world.setPods(`10.244.${at}.0/24`, 1);
  drainAt(world);
  world.rounds(2);
  const both = ["node-0 10.244.0.0/24 Draining", "node-0 10.245.0.0/24 Active"];
  setPower(world, "node-0", false);
  world.rounds(8);
  assert.deepEqual(home(world, "node-0"), both);
  assert.ok(world.claims().includes("node-0 10.244.0.0/24 Draining"));
  assert.deepEqual(home(world, "node-1"), ["node-1 10.244.1.0/24 Draining", "node-1 10.245.1.0/24 Active"]);
  setPower(world, "node-0", true);
  for (const at of [1, 2]) world.setPods(`10.244.${at}.0/24`, 0);
  world.rounds(12);
  const places = ["node-0", "node-1", "node-2"].map((name) => home(world, name));
  assert.deepEqual(places, [both, ["node-1 10.245.1.0/24 Active"], ["node-2 10.244.2.0/24 Active"]]);
  world.setPods("10.244.0.0/24", 0);
  world.rounds(12);
  assert.deepEqual(world.told(), ["node-0 10.245.0.0/24 Active", "node-1 10.245.1.0/24 Active", "node-2 10.245.2.0/24 Active"]);
});

test("a Node that is silent for good and deleted is waited for no longer", () => {
  const world = settled(2, 1);
  setPower(world, "node-0", false);
  drainAt(world);
  world.rounds(8);
  world.change({ nodes: world.now().nodes.filter(({ name }) => name !== "node-0") });
  world.rounds(200);
  assert.deepEqual(world.claims(), ["node-1 10.245.0.0/24 Active"]);
});

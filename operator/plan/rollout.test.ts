import assert from "node:assert/strict";
import { test } from "node:test";
import { node } from "../../test/support/plan-snapshot.ts";
import { changed, drainAt, draining, fixed, range, rolledOut, second, settled } from "../../test/support/rolling-world.ts";
import { mostUnavailable } from "./rollout.ts";

test("how many nodes may change at a time: a share is rounded up, and one may always", () => {
  const cases = [
    ["10%", 95, 10],
    ["10%", 3, 1],
    ["1%", 0, 1],
    ["100%", 7, 7],
    [3, 100, 3],
    [1, 0, 1],
  ] as const;
  for (const [most, nodes, wanted] of cases) assert.equal(mostUnavailable(rolledOut(most), nodes), wanted, `${most} of ${nodes}`);
});

test("another setting reaches so many nodes at a time, and the next ones when those have programmed it", () => {
  const world = settled(20, "10%");
  world.change({ networks: [rolledOut("10%", fixed)] });
  world.pass();
  assert.equal(changed(world), 2);
  world.pass();
  assert.equal(changed(world), 2, "nobody has reported");
  world.look();
  world.pass();
  assert.equal(changed(world), 4);
  world.rounds(9);
  assert.deepEqual([changed(world), world.rounds(1)], [20, []]);
});

test("another way of routing reaches nodes a few at a time, and each claim says what its node was told", () => {
  const world = settled(5, 2);
  const routing = { mode: "VXLAN", tunnelTo: "OtherSubnets", vxlan: { port: 8472 }, nodeAddress: {} } as const;
  const told = () =>
    new Set(
      world
        .now()
        .records.filter(({ object }) => object.spec.routing !== undefined)
        .map(({ node: name }) => name),
    );
  const said = () => {
    const tunnelled = world.now().claims.filter(({ object }) => object.spec.routing !== undefined);
    return new Set(tunnelled.map(({ object }) => object.spec.node));
  };
  world.change({ networks: [rolledOut(2, { routing })] });
  for (const wanted of [2, 4, 5]) {
    world.pass();
    assert.deepEqual([told().size, said()], [wanted, told()]);
    world.look();
  }
  assert.deepEqual(world.now().claims[0]?.object.spec.routing, { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 8472 });
  world.change({ networks: [rolledOut(5)] });
  world.rounds(2);
  assert.deepEqual([told().size, said().size, world.rounds(1)], [0, 0, []]);
});

test("a node that cannot program it stops the rollout where no other may be unavailable, and a correction reaches it first", () => {
  const world = settled(5, 1);
  world.setAgent("node-0", "fails");
  world.change({ networks: [rolledOut(1, fixed)] });
  world.rounds(3);
  assert.equal(changed(world), 1);
  world.setAgent("node-0", "runs");
  world.change({ networks: [rolledOut(1, { mtu: { mode: "Fixed", value: 1450 } })] });
  world.pass();
  assert.deepEqual([changed(world), changed(world, 1450)], [0, 1]);
  world.rounds(7);
  assert.equal(changed(world, 1450), 5);
});

test("ranges and addresses reach all nodes at once, and open no door for settings", () => {
  const world = settled(20, "10%");
  world.change({ networks: [rolledOut("10%", fixed, [range, second])] });
  world.pass();
  assert.ok(world.now().records.every(({ object }) => object.spec.podRanges.length === 2));
  assert.equal(changed(world), 2);
  for (let pass = 0; pass < 5; pass++) world.pass();
  assert.equal(changed(world), 2, "all are in the middle of a change, and that is no leave to change more");
  world.look();
  world.pass();
  assert.equal(changed(world), 4);
});

test("a paused rollout changes no setting and begins no drain; a new node is served, and ranges go on", () => {
  const world = settled(3, 1);
  const rollout = { maxUnavailableNodes: 1, paused: true };
  world.change({
    networks: [rolledOut(1, { ...fixed, rollout }, [draining, second])],
    nodes: [...world.now().nodes, node("node-9", { addresses: ["192.168.1.99"] })],
  });
  world.rounds(5);
  assert.equal(changed(world), 1, "the new node alone");
  assert.deepEqual(world.told(), [
    "node-0 10.244.0.0/24 Active",
    "node-1 10.244.1.0/24 Active",
    "node-2 10.244.2.0/24 Active",
    "node-9 10.245.0.0/24 Active",
  ]);
  assert.ok(world.now().records.every(({ object }) => object.spec.podRanges.length === 2));
});

test("a drain goes node by node: the new subnet first, then the old one out, at rest, and free again", () => {
  const world = settled(2, 1);
  drainAt(world);
  assert.deepEqual(world.rounds(12), [
    "change RangeLedger cluster: 10.245.0.0/16 of default enters",
    "add NodeSubnet 10.245.0.0-24: the node moves off a range, and has no other IPv4 subnet",
    "change NodeSubnet 10.245.0.0-24: its range is still open",
    "change NodeNetwork node-0: subnets: 10.244.0.0/24, wanted 10.245.0.0/24, 10.244.0.0/24 Draining",
    "change NodeNetwork node-1: podRanges: 10.244.0.0/16, wanted 10.244.0.0/16, 10.245.0.0/16",
    "change NodeSubnet 10.244.0.0-24: state: Active, wanted Draining",
    "change NodeNetwork node-0: subnets: 10.245.0.0/24, 10.244.0.0/24 Draining, wanted 10.245.0.0/24",
    "add NodeSubnet 10.245.1.0-24: the node moves off a range, and has no other IPv4 subnet",
    "change NodeSubnet 10.245.1.0-24: its range is still open",
    "change NodeNetwork node-1: subnets: 10.244.1.0/24, wanted 10.245.1.0/24, 10.244.1.0/24 Draining",
    "change NodeSubnet 10.244.0.0-24: its node is done with it",
    "change NodeSubnet 10.244.1.0-24: state: Active, wanted Draining",
    "change NodeNetwork node-1: subnets: 10.245.1.0/24, 10.244.1.0/24 Draining, wanted 10.245.1.0/24",
    "change RangeLedger cluster: subnets are released",
    "change NodeSubnet 10.244.0.0-24: it is release 1",
    "change NodeSubnet 10.244.1.0-24: its node is done with it",
    "change RangeLedger cluster: subnets are released",
    "change NodeSubnet 10.244.1.0-24: it is release 2",
  ]);
  world.rounds(20);
  assert.deepEqual(world.claims(), ["node-0 10.245.0.0/24 Active", "node-1 10.245.1.0/24 Active"]);
});

test("a drained subnet waits for its last pod, and meanwhile only so many nodes drain", () => {
  const world = settled(5, 2);
  for (const at of [0, 1, 2, 3, 4]) world.setPods(`10.244.${at}.0/24`, 1);
  drainAt(world, {}, 2);
  world.rounds(8);
  const drains = () => world.told().filter((line) => line.endsWith("Draining"));
  assert.deepEqual(drains(), ["node-0 10.244.0.0/24 Draining", "node-1 10.244.1.0/24 Draining"]);
  world.setPods("10.244.1.0/24", 0);
  world.rounds(6);
  assert.deepEqual(drains(), ["node-0 10.244.0.0/24 Draining", "node-2 10.244.2.0/24 Draining"]);
  assert.ok(world.told().includes("node-0 10.245.0.0/24 Active"), "new pods get addresses of the new one");
});

test("a drain that is under way goes to its end while paused, and the next one begins when it goes on", () => {
  const world = settled(2, 1);
  drainAt(world);
  world.rounds(1);
  drainAt(world, { rollout: { maxUnavailableNodes: 1, paused: true } });
  world.rounds(10);
  assert.deepEqual(world.told(), ["node-0 10.245.0.0/24 Active", "node-1 10.244.1.0/24 Active"]);
  drainAt(world);
  world.rounds(10);
  assert.deepEqual(world.told(), ["node-0 10.245.0.0/24 Active", "node-1 10.245.1.0/24 Active"]);
});

test("a drain that is undone before its end gives the old subnet back to new pods, and the node keeps both", () => {
  const world = settled(1, 1);
  world.setPods("10.244.0.0/24", 1);
  for (const rounds of [1, 2, 6]) {
    drainAt(world);
    world.rounds(rounds);
    assert.deepEqual(world.told(), ["node-0 10.244.0.0/24 Draining", "node-0 10.245.0.0/24 Active"]);
    world.change({ networks: [rolledOut(1, {}, [range, second])] });
    world.rounds(2);
    assert.deepEqual(world.told(), ["node-0 10.244.0.0/24 Active", "node-0 10.245.0.0/24 Active"]);
    assert.deepEqual(world.claims(), ["node-0 10.244.0.0/24 Active", "node-0 10.245.0.0/24 Active"]);
  }
});

test("a drain that is undone before the node was told lets the new subnet go", () => {
  const world = settled(1, 1);
  const before = world.now().records;
  drainAt(world);
  world.pass();
  world.change({ records: before, networks: [rolledOut(1, {}, [range, second])] });
  world.look();
  world.rounds(3);
  assert.deepEqual(world.told(), ["node-0 10.244.0.0/24 Active"]);
  world.rounds(14);
  assert.deepEqual(world.claims(), ["node-0 10.244.0.0/24 Active"]);
});

test("a drain that is undone once the subnet was taken from the node leaves the new one alone", () => {
  const world = settled(1, 1);
  drainAt(world);
  world.rounds(5);
  assert.ok(!world.told().includes("node-0 10.244.0.0/24 Draining"));
  world.change({ networks: [rolledOut(1, {}, [range, second])] });
  world.rounds(20);
  assert.deepEqual(world.claims(), ["node-0 10.245.0.0/24 Active"]);
});

test("where there is nowhere to go nodes stay as they are, new pods included, and settings go on", () => {
  const world = settled(4, 1);
  world.change({ networks: [rolledOut(1, fixed, [draining])] });
  world.rounds(8);
  assert.deepEqual([changed(world), world.told().every((line) => line.endsWith("Active"))], [4, true]);
});

test("where the other ranges are full the drain waits, and settings go on", () => {
  const world = settled(4, 1);
  world.change({ networks: [rolledOut(1, fixed, [draining, { cidr: "10.245.0.0/24", nodePrefixLength: 24 }])] });
  world.setPods("10.244.0.0/24", 1);
  world.rounds(12);
  assert.deepEqual(
    world.told().filter((line) => line.includes(" 10.245.")),
    ["node-0 10.245.0.0/24 Active"],
  );
  world.setPods("10.244.0.0/24", 0);
  world.rounds(12);
  assert.equal(changed(world), 4);
  assert.equal(world.told().length, 4);
});

test("a range that is taken out of the spec while nodes use it is left like one that is drained, then leaves the ledger", () => {
  const world = settled(3, 1, [range, second]);
  for (const at of [0, 1, 2]) world.setPods(`10.244.${at}.0/24`, 1);
  world.change({ networks: [rolledOut(1, {}, [second])] });
  world.rounds(5);
  assert.deepEqual(world.told(), [
    "node-0 10.244.0.0/24 Draining",
    "node-0 10.245.0.0/24 Active",
    "node-1 10.244.1.0/24 Active",
    "node-2 10.244.2.0/24 Active",
  ]);
  for (const at of [0, 1, 2]) world.setPods(`10.244.${at}.0/24`, 0);
  world.rounds(40);
  assert.deepEqual(world.claims(), ["node-0 10.245.0.0/24 Active", "node-1 10.245.1.0/24 Active", "node-2 10.245.2.0/24 Active"]);
  assert.deepEqual(
    world.now().ledger?.entries.map(({ cidr }) => cidr),
    ["10.245.0.0/16"],
  );
});

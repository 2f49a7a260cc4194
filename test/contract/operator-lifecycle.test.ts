import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { nodeNetworks, podNetworks } from "../../operator/cluster.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld } from "../support/operator-world.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess;

before(async () => {
  lab = await startLab(noNodes(labName("contract-lifecycle")));
  await installManifests(lab);
  world = await operatorWorld(lab);
  operator = await startOperatorProcess(lab);
});
afterEach(() => world.clear());
after(async () => {
  await operator?.stop();
  await world?.close();
  await lab?.stop();
});

const first = { cidr: "10.244.0.0/22", nodePrefixLength: 24 } as const;
const second = { cidr: "10.9.0.0/16", nodePrefixLength: 26 } as const;

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `node-${from + index}`);
}

/** Nodes with agents, all of them programmed. */
async function join(from: number, to: number): Promise<void> {
  await world.createNodes(from, to);
  for (const name of names(from, to)) world.agents.start(name);
}

async function ready(name: string): Promise<void> {
  await world.until(`${name} Ready`, async () => (await world.condition(name, "Ready")).startsWith("Ready True"));
}

async function patchSpec(name: string, spec: object): Promise<void> {
  await world.client.patch(podNetworks, name, { spec }, { type: "merge" });
}

/** What a node was told, e.g. `["10.9.0.0/26", "10.244.0.0/24 Draining"]`. */
async function toldTo(node: string): Promise<string[]> {
  const { spec } = (await world.record(node)) ?? assert.fail(`no NodeNetwork of ${node}`);
  return spec.subnets.map(({ cidr, state }) => (state === "Active" ? cidr : `${cidr} ${state}`));
}

/** Nodes that leave a range at this moment. */
async function draining(): Promise<string[]> {
  const { items } = await world.client.listAll(nodeNetworks);
  return items.filter(({ spec }) => spec.subnets.some(({ state }) => state === "Draining")).map(({ metadata }) => metadata.name);
}

test("a range appended to a full network serves those who got nothing", async () => {
  await join(1, 5);
  await world.createNetwork("default", { ranges: [first] });
  await world.until("four nodes served", async () => (await world.owners()).length === 4);
  await world.until("its word", async () => (await world.condition("default", "Allocated")).includes("RangeExhausted"));
  assert.match(await world.condition("default", "Allocated"), /^Allocated False\/RangeExhausted: node-5: no IPv4 subnet is left/);
  await patchSpec("default", { ranges: [first, second] });
  await ready("default");
  assert.equal((await world.owners())[4], "node-5 10.9.0.0/26");
});

test("a range is drained node by node: the new subnet first, then the old one rests and is free again", async () => {
  await join(1, 3);
  await world.createNetwork("default", { ranges: [first], rollout: { maxUnavailableNodes: 1, paused: false } });
  await ready("default");
  world.agents.setLeases("node-1", "10.244.0.0/24", 2);
  await patchSpec("default", { ranges: [{ ...first, state: "Draining" }, second] });
  await world.until("node-1 on its turn", async () => (await draining()).includes("node-1"));
  assert.deepEqual(await toldTo("node-1"), ["10.9.0.0/26", "10.244.0.0/24 Draining"]);
  await world.until("the claim to say so", async () => (await world.owners()).includes("node-1 10.244.0.0/24 Draining"));
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  assert.deepEqual(await draining(), ["node-1"], "its pods hold up the others");
  world.agents.setLeases("node-1", "10.244.0.0/24", 0);
  await world.until("node-1 moved", async () => (await toldTo("node-1")).join() === "10.9.0.0/26");
  await world.until("all moved", async () => (await world.owners()).every((owner) => owner.includes("10.9.0.")));
  await ready("default");
  for (const name of names(1, 3)) assert.equal(world.agents.has(name).length, 1);
  const network = await world.network("default");
  assert.deepEqual(network?.status?.nodes?.draining, 0);
});

test("a paused drain begins with nobody else, goes on where it had begun, and is resumed and undone", async () => {
  await join(1, 3);
  await world.createNetwork("default", { ranges: [first], rollout: { maxUnavailableNodes: 1 } });
  await ready("default");
  for (const [index, name] of names(1, 3).entries()) world.agents.setLeases(name, `10.244.${index}.0/24`, 1);
  await patchSpec("default", { ranges: [{ ...first, state: "Draining" }, second] });
  await world.until("node-1 on its turn", async () => (await draining()).includes("node-1"));
  await patchSpec("default", { rollout: { paused: true } });
  world.agents.setLeases("node-1", "10.244.0.0/24", 0);
  await world.until("node-1 moved", async () => (await toldTo("node-1")).join() === "10.9.0.0/26");
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  assert.deepEqual(await draining(), []);
  await patchSpec("default", { rollout: { paused: false } });
  await world.until("node-2 on its turn", async () => (await draining()).includes("node-2"));
  await patchSpec("default", { ranges: [first, { ...second, state: "Draining" }] });
  await world.until("node-2 back", async () => (await toldTo("node-2"))[0] === "10.244.1.0/24");
  await world.until("all of them in the first range", async () => {
    const owners = await world.owners();
    return owners.length === 3 && owners.every((owner) => owner.includes("10.244."));
  });
});

test("a range that is taken out while it is in use, against admission, is left in the same orderly way", async () => {
  await join(1, 2);
  await world.createNetwork("default", { ranges: [first] });
  await ready("default");
  world.agents.setLeases("node-1", "10.244.0.0/24", 1);
  await patchSpec("default", { ranges: [second] });
  await world.until("node-1 moving", async () => (await toldTo("node-1")).length === 2);
  assert.deepEqual(await toldTo("node-1"), ["10.9.0.0/26", "10.244.0.0/24 Draining"]);
  const closing = (await world.ledger())?.spec.entries.find(({ cidr }) => cidr === first.cidr);
  assert.equal(closing?.state, "Closing");
  const { spec } = (await world.record("node-1")) ?? assert.fail();
  assert.ok(spec.podRanges.includes(first.cidr), "its pods still reach all pods without NAT");
  world.agents.setLeases("node-1", "10.244.0.0/24", 0);
  await world.until("the entry to leave", async () => (await world.ledger())?.spec.entries.length === 1);
  assert.deepEqual(await world.owners(), ["node-1 10.9.0.0/26", "node-2 10.9.0.64/26"]);
});

test("a node short of addresses gets another subnet, up to the maximum", async () => {
  await join(1, 1);
  await world.createNetwork("default", { ranges: [first], growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 16 } });
  await ready("default");
  world.agents.setLeases("node-1", "10.244.0.0/24", 240);
  await world.until("the second subnet", async () => world.agents.has("node-1").length === 2);
  assert.deepEqual(await toldTo("node-1"), ["10.244.0.0/24", "10.244.1.0/24"]);
  world.agents.setLeases("node-1", "10.244.1.0/24", 250);
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  assert.equal((await world.owners()).length, 2);
});

test("a static subnet goes to its node, and an existing podCIDR is adopted where it fits", async () => {
  await world.client.create(nodes, {
    metadata: { name: "node-1" },
    spec: { podCIDR: "10.244.2.0/24", podCIDRs: ["10.244.2.0/24"] },
  });
  await world.createNodes(2, 3);
  for (const name of names(1, 3)) world.agents.start(name);
  await world.createNetwork("default", { ranges: [first], staticSubnets: [{ node: "node-3", cidr: "10.244.0.0/24" }] });
  await ready("default");
  assert.deepEqual(await world.owners(), ["node-1 10.244.2.0/24", "node-2 10.244.1.0/24", "node-3 10.244.0.0/24"]);
});

test("a node that two networks select alike joins neither, and joins the one of higher priority", async () => {
  await world.createNetwork("a", { ranges: [first] });
  await world.createNetwork("b", { ranges: [second] });
  await ready("a");
  await ready("b");
  await join(1, 1);
  await world.until("its word", async () =>
    (await Promise.all(["a", "b"].map((name) => world.condition(name, "Allocated")))).some((text) =>
      text.includes("AmbiguousSelection"),
    ),
  );
  assert.deepEqual(await world.owners(), []);
  await patchSpec("b", { priority: 1 });
  await world.untilOwners(["node-1 10.9.0.0/26"]);
  await patchSpec("a", { priority: 2 });
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  assert.deepEqual(await world.owners(), ["node-1 10.9.0.0/26"], "it belongs where it has its subnet");
});

test("a node whose labels no longer match keeps its subnet, and the network names it until they match again", async () => {
  await world.createNodes(1, 2, { labels: { pool: "blue" } });
  for (const name of names(1, 2)) world.agents.start(name);
  await world.createNetwork("default", { ranges: [first], nodeSelector: { matchLabels: { pool: "blue" } } });
  await ready("default");
  const owners = ["node-1 10.244.0.0/24", "node-2 10.244.1.0/24"];
  const paint = (pool: string) =>
    world.client.patch(nodes, "node-2", { metadata: { labels: { pool } } }, { type: "merge", fieldManager: "test" });
  await paint("green");
  await world.until("its word", async () =>
    (await world.condition("default", "NodesUnselected")).includes("no longer matches node-2; they keep their subnets"),
  );
  assert.deepEqual(await world.owners(), owners);
  assert.deepEqual(await toldTo("node-2"), ["10.244.1.0/24"]);
  await ready("default");
  await paint("blue");
  await world.until("no more of it", async () => !(await world.condition("default", "NodesUnselected")).includes("True"));
  assert.deepEqual(await world.owners(), owners);
});

test("nodes whose agents fall silent keep their subnets; the network says that it does not know, until they are heard again", async () => {
  await join(1, 2);
  await world.createNetwork("default", { ranges: [first] });
  await ready("default");
  const owners = await world.owners();
  for (const name of names(1, 2)) world.agents.stop(name);
  await world.until("their silence to be told", async () =>
    (await world.condition("default", "Programmed")).startsWith("Programmed Unknown/NodesSilent"),
  );
  assert.deepEqual(await world.owners(), owners);
  for (const name of names(1, 2)) world.agents.start(name);
  await ready("default");
  assert.deepEqual(await world.owners(), owners);
});

test("a Node deleted and created again as the same machine gets its subnet back, another machine does not", async () => {
  const create = (machineID: string) =>
    world.client.create(nodes, {
      metadata: { name: "node-1" },
      status: { addresses: [{ type: "InternalIP", address: "192.168.1.11" }], nodeInfo: { machineID, bootID: "b" } },
    });
  await create("m1");
  world.agents.start("node-1", "m1");
  await join(2, 2);
  await world.createNetwork("default", { ranges: [first], release: { holdSeconds: 5 } });
  await ready("default");
  world.agents.setLeases("node-1", "10.244.0.0/24", 3);
  await world.client.delete(nodes, "node-1");
  await world.until("its claim to rest", async () => (await world.owners()).includes("node-1 10.244.0.0/24 Held"));
  const again = await create("m1");
  await world.until("its claim back", async () => (await world.owners()).includes("node-1 10.244.0.0/24"));
  await world.until("its NodeNetwork", async () => (await world.record("node-1"))?.spec.nodeUID === again.metadata.uid);
  assert.deepEqual(await toldTo("node-1"), ["10.244.0.0/24"]);

  await world.client.delete(nodes, "node-1");
  await world.until("its claim to rest", async () => (await world.owners()).includes("node-1 10.244.0.0/24 Held"));
  world.agents.stop("node-1");
  await create("m2");
  await world.until("another subnet", async () => (await world.owners()).includes("node-1 10.244.2.0/24"));
  assert.ok((await world.owners()).includes("node-1 10.244.0.0/24 Held"));
});

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import { connectAs, operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { objectsWorld } from "../../lib/kube/objects.ts";
import { nodeNetworks, nodeSubnets } from "../../operator/cluster.ts";
import { nodeSubnetKind } from "../../operator/plan/node-subnets.ts";
import { chanceOf } from "../simulation/chance.ts";
import { tryClaimStore } from "../support/claim-store-contract.ts";
import { labName } from "../support/lab-name.ts";
import { churnNodes } from "../support/node-churn.ts";
import { killAgainAndAgain, type OperatorProcess, startOperatorProcess, withoutElection } from "../support/operator-process.ts";
import { raceOverlaps, racing } from "../support/overlap-race.ts";
import { assertOneSubnetEach, muchPatience, type OperatorWorld, operatorWorld } from "../support/operator-world.ts";

let lab: Lab;
let world: OperatorWorld;
let roles: RoleClients;
let running: OperatorProcess[] = [];

before(async () => {
  lab = await startLab(noNodes(labName("contract-races")));
  await installManifests(lab);
  world = await operatorWorld(lab, muchPatience);
  roles = connectAs(lab.kubeconfig, "operator-test");
  await world.allowOverlaps();
});
afterEach(async () => {
  await Promise.all(running.map((operator) => operator.stop()));
  running = [];
  await world.clear();
});
after(async () => {
  await world?.close();
  await roles?.close();
  await lab?.stop();
});

const dual = [
  { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
  { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
];

function namesTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node-${index + 1}`);
}

async function untilTold(count: number): Promise<void> {
  await world.until(`${count} NodeNetworks`, async () => (await world.client.listAll(nodeNetworks)).items.length === count);
}

async function start(count: number, settings: Readonly<Record<string, string>> = withoutElection): Promise<void> {
  running.push(...(await Promise.all(Array.from({ length: count }, () => startOperatorProcess(lab, settings)))));
}

test("claims in the API server keep the contract that the simulated ones keep", async () => {
  const client = roles.as(operatorRole);
  const store = objectsWorld({ client, resource: nodeSubnets, kind: nodeSubnetKind, fieldManager: "operator-test" });
  await tryClaimStore({
    write: async (step) => (await store.apply([step])).length === 0,
    get: (name) => client.get(nodeSubnets, name),
  });
});

test("an operator killed again and again while fifty nodes join gives each one subnet per family, and none twice", async () => {
  await world.createNetwork("default", { ranges: dual });
  // Starting takes about half a second, so that some kills come while it starts, some in its first pass and some later.
  const pausesMs = [400, 520, 560, 600, 640, 680, 720, 760, 800, 840, 900, 1_000];
  const joining = (async () => {
    for (let node = 1; node <= 50; node += 5) {
      await world.createNodes(node, node + 4);
      await world.until("some claims", async () => (await world.claims()).length >= node);
    }
  })();
  running = [await killAgainAndAgain(lab, pausesMs)];
  await joining;
  await untilTold(50);
  await assertOneSubnetEach(world, namesTo(50), 2);
});

test("two operators at once give each node one subnet per family, and none twice, while nodes come and go", async () => {
  await start(2);
  await world.createNetwork("default", { ranges: dual });
  await Promise.all([world.createNodes(1, 20), world.createNodes(21, 40)]);
  await untilTold(40);
  await Promise.all([...namesTo(10).map((name) => world.client.delete(nodes, name)), world.createNodes(41, 60)]);
  await world.createNodes(1, 10);
  const uids = new Map((await world.client.listAll(nodes)).items.map(({ metadata }) => [metadata.name, metadata.uid]));
  await world.until("every claim to be its Node's", async () => {
    const claims = await world.claims();
    return claims.length === 120 && claims.every(({ spec }) => uids.get(spec.node) === spec.nodeUID);
  });
  await world.until("every NodeNetwork to be its Node's", async () => {
    const { items } = await world.client.listAll(nodeNetworks);
    return items.length === 60 && items.every(({ metadata, spec }) => uids.get(metadata.name) === spec.nodeUID);
  });
  await assertOneSubnetEach(world, namesTo(60), 2);
});

test("two networks that overlap, created at once under two operators: one is accepted, and nothing overlaps", async () => {
  await start(2);
  await world.createNodes(1, 10);
  await Promise.all(["a", "b"].map((name) => world.createNetwork(name, { ranges: dual })));
  await untilTold(10);
  await assertOneSubnetEach(world, namesTo(10), 2);
  await world.until("the word of both", async () => {
    const words = await Promise.all(["a", "b"].map((name) => world.condition(name, "Accepted")));
    return (
      words.some((word) => word.startsWith("Accepted True")) &&
      words.some((word) => word.startsWith("Accepted False/OverlapsWith"))
    );
  });
});

test("twenty pairs of overlapping networks, each pair created at once under two operators: one of each is accepted, and the other one when that goes", async () => {
  await start(2, racing);
  const began = performance.now();
  const { pairs, firstWon, polls } = await raceOverlaps({ world, pairs: 20, atOnce: 20 });
  console.log(
    `${pairs} racing pairs: 0 double-usable in ${polls} polls, the first sent won ${firstWon}, ${Math.round(performance.now() - began)} ms`,
  );
});

test("sixteen joins and leaves of nodes while two operators are killed at random: no subnet twice, nothing left over", async () => {
  const began = performance.now();
  const seed = 1 + Math.floor(Math.random() * 1_000_000);
  const figures = await churnNodes({ lab, world, chance: chanceOf(seed), moves: 16 });
  console.log(`seed ${seed}: ${JSON.stringify(figures)}, 0 duplicates, 0 leaks, ${Math.round(performance.now() - began)} ms`);
});

test("an API server that dies and comes back finds the operator going on by itself", async () => {
  await start(1);
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: dual });
  await untilTold(3);
  await lab.controlPlane.kill("kube-apiserver");
  await lab.controlPlane.start("kube-apiserver");
  await world.createNodes(4, 6);
  await untilTold(6);
  await assertOneSubnetEach(world, namesTo(6), 2);
});

test("two hundred nodes get their subnets in one go", async () => {
  await start(1);
  await world.createNodes(1, 200);
  const [operator = assert.fail()] = running;
  await world.until("the operator to be at work", async () => (await operator.passes()) > 0);
  const began = performance.now();
  await world.createNetwork("default", { ranges: dual.slice(0, 1) });
  await world.until(
    "two hundred claims",
    async () => (await world.claims()).filter(({ spec }) => spec.state === "Active").length === 200,
  );
  const claimed = performance.now() - began;
  await untilTold(200);
  const told = performance.now() - began;
  console.log(
    `200 nodes: claims after ${Math.round(claimed)} ms, NodeNetworks after ${Math.round(told)} ms, operator ${await operator.memoryMiB()} MiB`,
  );
  await assertOneSubnetEach(world, namesTo(200), 1);
});

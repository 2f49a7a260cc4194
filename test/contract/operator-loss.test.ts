import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers } from "../../operator/cluster.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld } from "../support/operator-world.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess;

before(async () => {
  lab = await startLab(noNodes(labName("contract-loss")));
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

const ranges = [
  { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
  { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
];
const three = ["node-1", "node-2", "node-3"];

/** Free again once the nodes have theirs: whoever forgets what nodes have gives them these. */
const reserved = [{ cidr: "10.244.0.0/22" }, { cidr: "fd00:10:244::/62" }];

/** Three nodes with pods on all subnets, which are not the lowest ones. */
async function living(): Promise<string[]> {
  await world.createNodes(1, 3);
  for (const name of three) world.agents.start(name);
  await world.createNetwork("default", { ranges, reserved });
  await world.until("Ready", async () => (await world.condition("default", "Ready")).startsWith("Ready True"));
  await world.client.patch(podNetworks, "default", { spec: { reserved: null } }, { type: "merge" });
  await world.until("every Node to say so", async () => {
    const conditions = (await world.client.listAll(nodes)).items.flatMap(({ status }) => status?.conditions ?? []);
    return conditions.length === 3 && conditions.every(({ status }) => status === "False");
  });
  for (const name of three) for (const cidr of world.agents.has(name)) world.agents.setLeases(name, cidr, 5);
  return world.owners();
}

async function removeAll(resources: readonly Resource<KubeObject>[]): Promise<void> {
  for (const resource of resources) {
    const { items } = await world.client.listAll(resource);
    await Promise.all(items.map(({ metadata }) => world.deleteByHand(resource, metadata.name)));
  }
}

const kinds: Readonly<Record<string, Resource<KubeObject>>> = {
  NodeSubnets: nodeSubnets,
  "the ledger": rangeLedgers,
  NodeNetworks: nodeNetworks,
};
const mixes = [
  ["NodeSubnets"],
  ["the ledger"],
  ["NodeNetworks"],
  ["NodeSubnets", "the ledger"],
  ["NodeNetworks", "NodeSubnets"],
  ["the ledger", "NodeNetworks"],
  ["the ledger", "NodeNetworks", "NodeSubnets"],
];

for (const mix of mixes)
  for (const isRunning of [true, false])
    test(`all of ${mix.join(" and ")} deleted ${isRunning ? "under" : "without"} a running operator: nobody is renumbered, and a new node gets a new subnet`, async () => {
      const before = await living();
      const had = three.map((name) => world.agents.has(name));
      if (!isRunning) await operator.kill();
      await removeAll(mix.flatMap((name) => kinds[name] ?? []));
      await world.createNodes(4, 4);
      world.agents.start("node-4");
      if (!isRunning) operator = await startOperatorProcess(lab);
      await world.until("all claims back, and two more", async () => {
        const owners = await world.owners();
        return owners.length === 8 && !owners.some((owner) => owner.endsWith("Pending"));
      });
      const owners = await world.owners();
      assert.deepEqual(
        owners.filter((owner) => !owner.startsWith("node-4")),
        before,
      );
      assert.deepEqual(
        three.map((name) => world.agents.has(name)),
        had,
        "no machine lost or got anything",
      );
      await world.until("Ready", async () => (await world.condition("default", "Ready")).startsWith("Ready True"));
      assert.equal((await world.ledger())?.spec.recovery, undefined);
    });

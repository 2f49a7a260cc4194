import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers } from "../../operator/cluster.ts";
import { labName } from "../support/lab-name.ts";
import { startOperatorProcess, type OperatorProcess } from "../support/operator-process.ts";
import { operatorWorld, type OperatorWorld } from "../support/operator-world.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess;

before(async () => {
  lab = await startLab(noNodes(labName("contract-operator")));
  await installManifests(lab);
  await lab.kubectl(["create", "serviceaccount", "default"]);
  world = await operatorWorld(lab);
  operator = await startOperatorProcess(lab);
});
afterEach(() => world.clear());
after(async () => {
  const code = await operator?.stop();
  await world?.close();
  await lab?.stop();
  assert.equal(code, 0, "the operator ends in order when it is told to");
});

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 } as const;
const three = ["node-1", "node-2", "node-3"];

async function conditionOfNode(name: string) {
  const node = await world.client.get(nodes, name);
  return node?.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
}

async function ready(name: string): Promise<void> {
  await world.until(`${name} Ready`, async () => (await world.condition(name, "Ready")).startsWith("Ready True"));
}

test("the story: three nodes and three-nodes.yaml give node N 10.244.N.0/24, and Ready when all three are programmed", async () => {
  await world.createNodes(1, 3);
  const began = performance.now();
  await lab.kubectl(["apply", "-f", join(import.meta.dirname, "../../examples/three-nodes.yaml")]);
  await world.until(
    "three claims",
    async () => (await world.claims()).filter(({ spec }) => spec.state === "Active").length === 3,
  );
  console.log(`three-nodes.yaml: kubectl apply to three claims in ${Math.round(performance.now() - began)} ms`);
  assert.deepEqual(await world.owners(), ["node-1 10.244.1.0/24", "node-2 10.244.2.0/24", "node-3 10.244.3.0/24"]);
  const [claim] = await world.claims();
  assert.equal(claim?.metadata.name, "10.244.1.0-24");
  assert.deepEqual([claim?.spec.nextHops, claim?.spec.nodeAddresses], [["192.168.1.11"], ["192.168.1.11"]]);

  await world.report(three.slice(0, 2));
  await world.until("2/3", async () => (await world.network("default"))?.status?.summary?.nodes === "2/3");
  assert.match(await world.condition("default", "Ready"), /^Ready False\/Programming: waiting for 1 node: node-3/);
  await world.report(["node-3"]);
  await ready("default");
  const network = await world.network("default");
  assert.deepEqual(network?.status?.summary, { cidrs: "10.244.0.0/16", nodes: "3/3", free: "252/256" });
  assert.equal(network.status.observedGeneration, network.metadata.generation);
  const { stdout } = await lab.kubectl(["get", "podnetworks", "--no-headers"]);
  assert.match(stdout, /^default +10\.244\.0\.0\/16 +3\/3 +252\/256 +True +Ready /);
});

test("a node that was registered with a startup taint loses it once it is programmed, and no other taint", async () => {
  await world.createNodes(1, 1);
  const tainted = ["podnet.dev/not-programmed=:NoExecute", "example.com/gpu=yes:NoSchedule"];
  assert.equal((await lab.kubectl(["taint", "nodes", "node-1", ...tainted])).code, 0);
  const keys = async () => (await world.client.get(nodes, "node-1"))?.spec?.taints?.map(({ key }) => key) ?? [];
  const before = await keys();
  await lab.kubectl(["apply", "-f", join(import.meta.dirname, "../../examples/three-nodes.yaml")]);
  await world.until("a claim", async () => (await world.claims()).length === 1);
  await world.until("its condition", async () => (await conditionOfNode("node-1"))?.status === "True");
  assert.deepEqual(await keys(), before, "its agent has not reported yet");
  await world.report(["node-1"]);
  await world.until("the taint is gone", async () => !(await keys()).includes("podnet.dev/not-programmed"));
  assert.deepEqual(
    await keys(),
    before.filter((key) => key !== "podnet.dev/not-programmed"),
  );
});

test("the operator writes nothing of a PodNetwork but its finalizer and its status", async () => {
  await world.createNodes(1, 1);
  const text = await readFile(join(import.meta.dirname, "../../examples/three-nodes.yaml"), "utf8");
  await lab.kubectl(["apply", "--server-side", "--field-manager=git", "-f", "-"], { stdin: text });
  await world.until("a claim", async () => (await world.claims()).length === 1);
  await world.report(["node-1"]);
  await ready("default");
  const { stdout } = await lab.kubectl(["get", "podnetwork", "default", "-o", "json", "--show-managed-fields"]);
  const { metadata } = JSON.parse(stdout);
  const ours = metadata.managedFields.filter(({ manager }: { manager: string }) => manager === "podnet-operator");
  const owned = ours.map(({ fieldsV1, subresource }: { fieldsV1: object; subresource?: string }) => [
    Object.keys(fieldsV1),
    subresource,
  ]);
  assert.deepEqual(owned.toSorted(), [
    [["f:metadata"], undefined],
    [["f:status"], "status"],
  ]);
  const finalizer = ours.find(({ subresource }: { subresource?: string }) => subresource === undefined);
  assert.deepEqual(finalizer.fieldsV1, { "f:metadata": { "f:finalizers": { 'v:"podnet.dev/claims"': {} } } });
  assert.deepEqual([metadata.labels, metadata.annotations, metadata.generation], [undefined, undefined, 1]);
});

test("describe node shows what is programmed, and unprogrammed nodes are unavailable", async () => {
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range], reserved: [{ cidr: "10.244.0.0/24" }] });
  await world.until("node-1 unavailable", async () => (await conditionOfNode("node-1"))?.status === "True");
  assert.match((await conditionOfNode("node-1"))?.message ?? "", /^podnet CNI not programmed: its agent has not reported yet/);
  await world.report(three);
  await world.until("node-1 available", async () => (await conditionOfNode("node-1"))?.status === "False");
  const condition = await conditionOfNode("node-1");
  assert.deepEqual(
    [condition?.reason, condition?.message],
    [
      "PodnetProgrammed",
      "podnet CNI programmed: cni0 10.244.1.1/24, 2 peers; others send to 192.168.1.11 (its first InternalIP of IPv4)",
    ],
  );
  const failed = { status: "False", reason: "LinkFailed", message: "cni0 belongs to somebody else" } as const;
  await world.report(["node-1"], failed);
  await world.until("node-1 unavailable again", async () => (await conditionOfNode("node-1"))?.status === "True");
  assert.equal(
    (await conditionOfNode("node-1"))?.message,
    "podnet CNI not programmed: LinkFailed: cni0 belongs to somebody else",
  );
  const other = await world.client.get(nodes, "node-1");
  assert.deepEqual(other?.status?.addresses, [{ type: "InternalIP", address: "192.168.1.11" }]);
});

test("a Node whose network goes loses our condition, and nothing else of its status, whoever wrote that", async () => {
  await world.createNodes(1, 1, { labels: { pool: "blue" } });
  const before = (await world.client.get(nodes, "node-1"))?.status;
  await world.createNetwork("default", { ranges: [range] });
  await world.until("the condition", () => conditionOfNode("node-1"));
  await world.client.delete(podNetworks, "default");
  await world.until("the network to go", async () => (await world.network("default")) === undefined);
  await world.until("the condition to go", async () => (await conditionOfNode("node-1")) === undefined);
  assert.equal(before?.addresses?.length, 1);
  const { conditions: _, ...after } = (await world.client.get(nodes, "node-1"))?.status ?? assert.fail();
  assert.deepEqual(after, before);
});

test("nothing is written while nothing changes but the signs of life of agents", async () => {
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range] });
  for (const name of three) world.agents.start(name);
  await ready("default");
  const everything: readonly Resource<KubeObject>[] = [podNetworks, nodeSubnets, rangeLedgers, nodes];
  const all = async () => {
    const lists = await Promise.all(everything.map((resource) => world.client.listAll(resource)));
    const generations = (await world.client.listAll(nodeNetworks)).items.map(
      ({ metadata }) => `${metadata.name} ${metadata.generation}`,
    );
    return [
      ...lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)),
      ...generations,
    ];
  };
  await world.until("the last node condition", async () => {
    const conditions = await Promise.all(three.map(conditionOfNode));
    return conditions.every((condition) => condition?.message?.includes(", 2 peers; "));
  });
  await world.client.patch(
    nodes,
    "node-1",
    { status: { nodeInfo: { kernelVersion: "6.18" } } },
    { type: "merge", subresource: "status" },
  );
  const before = await all();
  const [lines, passes] = [operator.log().length, await operator.passes()];
  await world.until("four more passes", async () => (await operator.passes()) >= passes + 4);
  assert.deepEqual(await all(), before);
  assert.deepEqual(operator.log().slice(lines), [], "a healthy cluster logs nothing");
});

test("a node's new address reaches its claim and its NodeNetwork, whose generation rises", async (t) => {
  await world.createNodes(1, 1);
  await world.createNetwork("default", { ranges: [range] });
  await world.until("a NodeNetwork", () => world.record("node-1"));
  const addresses = ["192.168.7.1", "fd00::7"].map((address) => ({ type: "InternalIP", address }));
  await world.client.patch(nodes, "node-1", { status: { addresses } }, { type: "merge", subresource: "status" });
  const began = performance.now();
  const inClaims = async () => (await world.claims()).every(({ spec }) => spec.nextHops?.includes("fd00::7"));
  await world.until("the new address in its claim", inClaims);
  t.diagnostic(`a Node's new address stands in its claim after ${Math.round(performance.now() - began)} ms`);
  await world.until("the new address", async () => (await world.record("node-1"))?.spec.nodeAddresses.includes("fd00::7"));
  assert.deepEqual(
    (await world.claims()).map(({ spec }) => spec.nextHops),
    [["192.168.7.1", "fd00::7"]],
  );
  const { spec } = (await world.record("node-1")) ?? assert.fail();
  assert.deepEqual([spec.nodeAddresses, spec.configGeneration], [["192.168.7.1", "fd00::7"], 2]);
});

test("a node that is being deleted keeps its subnet until it is gone; then claim and NodeNetwork go", async () => {
  await world.createNodes(1, 1, { finalizers: ["test.example.com/hold"] });
  await world.createNodes(2, 2);
  await world.createNetwork("default", { ranges: [range] });
  await world.until("two NodeNetworks", async () => (await world.record("node-1")) && (await world.record("node-2")));
  for (const name of ["node-1", "node-2"]) world.agents.start(name);
  await world.client.delete(nodes, "node-1");
  await world.client.delete(nodes, "node-2");
  await world.until(
    "node-2 released",
    async () => (await world.owners()).length === 1 && (await world.record("node-2")) === undefined,
  );
  assert.deepEqual(await world.owners(), ["node-1 10.244.0.0/24"]);
  assert.ok(await world.record("node-1"));
  await world.client.patch(nodes, "node-1", { metadata: { finalizers: null } }, { type: "merge" });
  await world.until(
    "node-1 released",
    async () => (await world.owners()).length === 0 && (await world.record("node-1")) === undefined,
  );
});

test("a Node created again under its name is another one: the old claim goes, and it is told its own subnet", async () => {
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  const before = await world.until("a NodeNetwork", () => world.record("node-1"));
  await world.client.delete(nodes, "node-1");
  await world.createNodes(1, 1);
  const node = (await world.client.get(nodes, "node-1")) ?? assert.fail();
  await world.until("the new Node's NodeNetwork", async () => (await world.record("node-1"))?.spec.nodeUID === node.metadata.uid);
  await world.until("the old claim to rest", async () => (await world.owners()).some((owner) => owner.endsWith("Held")));
  await world.until("one claim a node", async () => (await world.claims()).length === 2);
  const own = (await world.claims()).find(({ spec }) => spec.node === "node-1");
  assert.equal(own?.spec.nodeUID, node.metadata.uid);
  assert.deepEqual((await world.record("node-1"))?.spec.subnets, [{ cidr: own.spec.cidr, state: "Active" }]);
  assert.notEqual(before.spec.nodeUID, node.metadata.uid);
});

test("a claim that a hand deletes comes back to its node", async () => {
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range] });
  await world.until("three NodeNetworks", async () => (await world.client.listAll(nodeNetworks)).items.length === 3);
  const before = await world.owners();
  await world.deleteByHand(nodeSubnets, "10.244.1.0-24");
  await world.until("the claim", async () => (await world.claims()).filter(({ spec }) => spec.state === "Active").length === 3);
  assert.deepEqual(await world.owners(), before);
});

test("a changed setting reaches every node, and the network is Ready again when all agents did it", async () => {
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range] });
  await world.report(three);
  await ready("default");
  await world.client.patch(podNetworks, "default", { spec: { mtu: { mode: "Fixed", value: 1400 } } }, { type: "merge" });
  await world.until("Programming", async () => (await world.condition("default", "Ready")).startsWith("Ready False/Programming"));
  assert.deepEqual((await world.record("node-2"))?.spec.mtu, { mode: "Fixed", value: 1400 });
  assert.equal((await conditionOfNode("node-1"))?.status, "False", "a change of settings taints no node");
  await world.report(three);
  await ready("default");
});

test("an IPv6 range appended later gives every node its second subnet", async () => {
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  await world.until("two NodeNetworks", async () => (await world.client.listAll(nodeNetworks)).items.length === 2);
  const ranges = [range, { cidr: "fd00:10:244::/48", nodePrefixLength: 64 }];
  await world.client.patch(podNetworks, "default", { spec: { ranges } }, { type: "merge" });
  await world.until("both subnets", async () => (await world.record("node-2"))?.spec.subnets.length === 2);
  assert.deepEqual(await world.owners(), [
    "node-1 10.244.0.0/24",
    "node-1 fd00:10:244::/64",
    "node-2 10.244.1.0/24",
    "node-2 fd00:10:244:1::/64",
  ]);
  await world.client.patch(podNetworks, "default", { spec: { ranges: ranges.toReversed() } }, { type: "merge" });
  await world.until(
    "the order of the ranges",
    async () => (await world.network("default"))?.status?.summary?.free === "65534/65536,254/256",
  );
});

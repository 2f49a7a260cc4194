import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { annotations } from "../../crds/names.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { nodeNetworks, podNetworks } from "../../operator/cluster.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld, podNetworkOf } from "../support/operator-world.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess;

before(async () => {
  lab = await startLab(noNodes(labName("contract-leaving")));
  await installManifests(lab);
  // What admission refuses is to come through here: the operator is the last line.
  await must(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap", "podnet-no-service-overlap"]);
  await must(["create", "serviceaccount", "default"]);
  world = await operatorWorld(lab);
  operator = await startOperatorProcess(lab);
});
afterEach(() => world.clear());
after(async () => {
  await operator?.stop();
  await world?.close();
  await lab?.stop();
});

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 } as const;

const must = (args: readonly string[], stdin = "") => succeed(lab.kubectl(args, { stdin }));

async function told(...names: readonly string[]): Promise<void> {
  await world.until(`NodeNetworks of ${names.join(", ")}`, async () => {
    const records = await Promise.all(names.map((name) => world.record(name)));
    return records.every((record) => record !== undefined);
  });
}

async function gone(name: string): Promise<void> {
  await world.until(`${name} to be gone`, async () => (await world.network(name)) === undefined);
}

test("a deleted network without pods takes its claims, its NodeNetworks and its word about the nodes with it", async () => {
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  await told("node-1", "node-2");
  for (const name of ["node-1", "node-2"]) world.agents.start(name);
  const condition = async () =>
    (await world.client.get(nodes, "node-1"))?.status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
  await world.until("node-1 available", async () => (await condition())?.status === "False");
  await world.client.delete(podNetworks, "default");
  await gone("default");
  assert.deepEqual([await world.owners(), await world.record("node-1")], [[], undefined]);
  await world.until("the condition to go", async () => (await condition()) === undefined);
});

test("a deleted network with pods serves on, takes no new node, and says which nodes they are on; it goes with the last of them", async () => {
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  await told("node-1", "node-2");
  await world.createPod("a", "node-1", "10.244.0.2");
  await world.createPod("b", "node-1", "10.244.0.3");
  await world.createPod("elsewhere", "node-2", "192.168.1.12");
  await world.client.delete(podNetworks, "default");
  await world.until("the blockers", async () => (await world.condition("default", "Ready")).includes("2 pods"));
  assert.equal(
    await world.condition("default", "Ready"),
    "Ready False/Terminating: deletion waits: 2 pods have an address of this network, on node-1 (2); it serves them until they are deleted or moved",
  );
  assert.match(await world.condition("default", "Reconciling"), /^Reconciling True\/Terminating/);

  await world.createNodes(3, 3);
  const addresses = [{ type: "InternalIP", address: "192.168.9.9" }];
  await world.client.patch(nodes, "node-2", { status: { addresses } }, { type: "merge", subresource: "status" });
  await world.until("node-2's new address", async () => (await world.record("node-2"))?.spec.nodeAddresses[0] === "192.168.9.9");
  await world.deletePod("a");
  await world.until("one pod", async () => (await world.condition("default", "Ready")).includes("1 pod has"));
  assert.deepEqual(await world.owners(), ["node-1 10.244.0.0/24", "node-2 10.244.1.0/24"]);

  await world.deletePod("b");
  await gone("default");
  assert.deepEqual(await world.owners(), []);
  await world.deletePod("elsewhere");
});

test("its nodes join the next network once a deleted one is gone", async () => {
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  await told("node-1", "node-2");
  await world.createNetwork("next", { ranges: [{ cidr: "10.9.0.0/16", nodePrefixLength: 26 }] });
  await world.client.delete(podNetworks, "default");
  await world.until("the new subnets", async () => {
    const owners = await world.owners();
    return owners.length === 2 && owners.every((owner) => owner.includes("10.9.0."));
  });
  const { spec } = await world.until("node-1 of next", async () => {
    const record = await world.record("node-1");
    return record?.spec.network === "next" && record;
  });
  assert.deepEqual(spec.podRanges, ["10.9.0.0/16"]);
});

test("a network whose finalizer a hand took away leaves nothing behind, and its prefixes are given again only then", async () => {
  await world.createNodes(1, 1);
  await world.createNetwork("default", { ranges: [range] });
  await told("node-1");
  await world.createPod("last", "node-1", "10.244.0.2");
  await world.client.delete(podNetworks, "default");
  await world.client.patch(podNetworks, "default", { metadata: { finalizers: null } }, { type: "merge" });
  await gone("default");
  const again = await world.createNetwork("default", { ranges: [range] });
  await world.createNodes(2, 2);
  await world.until("its word", async () =>
    (await world.condition("default", "Accepted")).startsWith("Accepted False/RangeInUse"),
  );
  assert.deepEqual(await world.owners(), ["node-1 10.244.0.0/24"]);
  await world.deletePod("last");
  await world.until(
    "node-1 of the new network",
    async () => (await world.record("node-1"))?.spec.networkUID === again.metadata.uid,
  );
  const owners = await world.owners();
  assert.deepEqual(
    owners.map((owner) => owner.split(" ")[0]),
    ["node-1", "node-2"],
    "nothing of the old network is left",
  );
});

test("of two overlapping networks created at once one is accepted; the other says with whom, goes at once, or takes over", async () => {
  await world.createNodes(1, 3);
  await Promise.all([
    world.createNetwork("a", { ranges: [range] }),
    world.createNetwork("b", { ranges: [{ cidr: "10.0.0.0/8", nodePrefixLength: 25 }] }),
  ]);
  await told("node-1", "node-2", "node-3");
  const names = new Set((await world.claims()).map(({ spec }) => spec.network));
  assert.equal(names.size, 1);
  const [winner = assert.fail()] = names;
  const loser = winner === "a" ? "b" : "a";
  await world.until("the loser's word", async () => (await world.condition(loser, "Accepted")) !== "");
  const [own, other] = winner === "a" ? ["10.0.0.0/8", "10.244.0.0/16"] : ["10.244.0.0/16", "10.0.0.0/8"];
  assert.equal(
    await world.condition(loser, "Accepted"),
    `Accepted False/OverlapsWith: ${own} overlaps ${other} of PodNetwork/${winner}; change spec.ranges of one of the two`,
  );
  await world.until("the winner's word", async () => (await world.condition(winner, "Accepted")).startsWith("Accepted True"));
  await world.client.delete(podNetworks, winner);
  await world.until("the other one to take over", async () => {
    const claims = await world.claims();
    return claims.length === 3 && claims.every(({ spec }) => spec.network === loser);
  });
});

test("the loser of an overlap can be deleted at once, since nothing holds it", async () => {
  await world.createNetwork("first", { ranges: [range] });
  await world.until("first accepted", async () => (await world.condition("first", "Accepted")).startsWith("Accepted True"));
  await world.createNetwork("second", { ranges: [range] });
  await world.until("second refused", async () => (await world.condition("second", "Accepted")).startsWith("Accepted False"));
  await world.client.delete(podNetworks, "second");
  assert.equal(await world.network("second"), undefined);
});

test("a PodNetwork that no rule would let in is isolated: it says what is wrong, and the others go on", async () => {
  const crd = "podnetworks.podnet.dev";
  const stored = JSON.parse(await must(["get", "crd", crd, "-o", "json"]));
  const withoutRules = JSON.parse(JSON.stringify(stored), (key, value) =>
    key === "x-kubernetes-validations" ? undefined : value,
  );
  await must(["replace", "-f", "-"], JSON.stringify(withoutRules));
  const bad = JSON.stringify(podNetworkOf("bad", { ranges: [{ cidr: "10.244.0.1/16", nodePrefixLength: 24 }] }));
  await world.until(
    "the bad object to be stored",
    async () => (await lab.kubectl(["create", "-f", "-"], { stdin: bad })).code === 0,
  );
  await world.createNodes(1, 2);
  await world.createNetwork("good", { ranges: [range] });
  await told("node-1", "node-2");
  await world.until("its word", async () => (await world.condition("bad", "Accepted")) !== "");
  assert.match(
    await world.condition("bad", "Accepted"),
    /^Accepted False\/InvalidSpec: spec\.ranges\[0\]\.cidr: "10\.244\.0\.1\/16" is not in canonical form; write 10\.244\.0\.0\/16/,
  );
  await world.client.delete(podNetworks, "bad");
  const { resourceVersion } = JSON.parse(await must(["get", "crd", crd, "-o", "json"])).metadata;
  await must(["replace", "-f", "-"], JSON.stringify({ ...stored, metadata: { ...stored.metadata, resourceVersion } }));
});

test("a claim that the API server refuses holds up nobody else, is logged once, and comes when it may", async () => {
  const policy = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "not-node-2" },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: ["podnet.dev"], apiVersions: ["*"], operations: ["CREATE"], resources: ["nodesubnets"] }],
      },
      validations: [{ expression: "object.spec.node != 'node-2'", message: "not for node-2" }],
    },
  };
  const binding = {
    ...policy,
    kind: "ValidatingAdmissionPolicyBinding",
    spec: { policyName: "not-node-2", validationActions: ["Deny"] },
  };
  await must(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: [policy, binding] }));
  const probe = JSON.stringify({
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    // Past the claims' guard: of several policies that refuse, the API server names any one, and always the same.
    metadata: { name: "10.1.0.0-24", annotations: { [annotations.breakGlass]: "a test" } },
    spec: {
      network: "n",
      networkUID: "u",
      node: "node-2",
      nodeUID: "u",
      cidr: "10.1.0.0/24",
      state: "Pending",
      incarnation: "i",
      epoch: 1,
    },
  });
  await world.until("the policy to be at work", async () =>
    (await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: probe })).stderr.includes("not for node-2"),
  );
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range] });
  await told("node-1", "node-3");
  const warnings = () =>
    operator.log().filter(({ level, kind, op }) => level === "warn" && kind === "NodeSubnet" && op === "add");
  await world.until("a warning", async () => warnings().length > 0);
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  assert.equal(warnings().length, 1);
  assert.match(await world.condition("default", "Ready"), /^Ready False/);
  await must(["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "not-node-2"]);
  await told("node-2");
  assert.equal((await world.client.listAll(nodeNetworks)).items.length, 3);
});

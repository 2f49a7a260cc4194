// What the CRDs promise beyond one PodNetwork's content: claims keep their owner, status and spec have one writer each, wrong objects can be mended.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiVersion, nodeNetworkResource, nodeSubnetName, nodeSubnetResource, podNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import { validatePodNetwork } from "../../crds/validate.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;
const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

let lab: Lab;
let client: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("crd-kinds")));
  await installCrds(lab);
  client = connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
});
after(async () => {
  await client?.close();
  await lab?.stop();
});

const owner = { network: "default", networkUID: "n-1", node: "node-1", nodeUID: "u-1" };

function claim(cidr: string): NodeSubnet {
  const spec = { ...owner, cidr, nextHops: ["192.168.1.11"], nodeAddresses: ["192.168.1.11", "fd00:192:168:1::11"] };
  return { apiVersion, kind: "NodeSubnet", metadata: { name: nodeSubnetName(cidr) }, spec };
}

const refusedFor = (words: RegExp) => (error: unknown) => isKubeError(error, "Invalid") && words.test(error.message);

test("a prefix of either family is claimed once, whoever comes second", async () => {
  for (const cidr of ["10.244.1.0/24", "fd00:10:244:1::/64"]) {
    await client.create(nodeSubnets, claim(cidr));
    const second = { ...claim(cidr), spec: { ...claim(cidr).spec, node: "node-2", nodeUID: "u-2" } };
    await assert.rejects(client.create(nodeSubnets, second), (error) => isKubeError(error, "AlreadyExists"));
  }
});

test("a claim takes other addresses of its node, but never another owner or prefix", async () => {
  const stored = await client.create(nodeSubnets, claim("10.244.2.0/24"));
  const moved = await client.replace(nodeSubnets, { ...stored, spec: { ...stored.spec, nextHops: ["192.168.1.99"] } });
  assert.deepEqual(moved.spec.nextHops, ["192.168.1.99"]);
  const changes: readonly Partial<NodeSubnet["spec"]>[] = [
    { network: "other" },
    { networkUID: "n-2" },
    { node: "node-2" },
    { nodeUID: "u-2" },
    { cidr: "10.244.3.0/24" },
  ];
  for (const change of changes) {
    const other = { ...moved, spec: { ...moved.spec, ...change } };
    await assert.rejects(client.replace(nodeSubnets, other), refusedFor(/the owner of a claim never changes/));
  }
});

test("a claim that is no canonical prefix is refused", async () => {
  for (const cidr of ["10.244.3.1/24", "10.244.3.0"]) {
    const wrong = { ...claim("10.244.3.0/24"), spec: { ...claim("10.244.3.0/24").spec, cidr } };
    await assert.rejects(client.create(nodeSubnets, wrong), refusedFor(/must be a prefix in canonical form/));
  }
});

test("a NodeNetwork's status and its spec are written apart, and a report raises no generation", async () => {
  const spec: NodeNetwork["spec"] = {
    configGeneration: 1,
    nodeUID: "u-1",
    network: "default",
    networkUID: "n-1",
    subnets: [{ cidr: "10.244.1.0/24" }, { cidr: "fd00:10:244:1::/64" }],
    nodeAddresses: ["192.168.1.11"],
    podRanges: ["10.244.0.0/16"],
    mtu: { mode: "Auto" },
    masquerade: { enabled: true },
    cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
  };
  const status: NonNullable<NodeNetwork["status"]> = {
    configGeneration: 1,
    summary: { bridge: "cni0 10.244.1.1/24", peers: "2/2" },
    peers: { known: 2, routed: 2 },
    mtu: 1500,
  };
  const stored = await client.create(nodeNetworks, {
    apiVersion,
    kind: "NodeNetwork",
    metadata: { name: "node-1" },
    spec,
    status,
  });
  assert.equal(stored.status, undefined);
  const reported = await client.replace(
    nodeNetworks,
    { ...stored, spec: { ...spec, network: "other" }, status },
    { subresource: "status" },
  );
  assert.deepEqual(reported.status, status);
  assert.deepEqual(reported.spec, spec);
  assert.equal(reported.metadata.generation, stored.metadata.generation);
});

test("kubectl prints the columns that people look for", async () => {
  const network = await client.create(podNetworks, networkOf(["10.96.0.0/16"], "columns"));
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Ready",
    message: "",
    lastTransitionTime: "2026-11-24T12:00:00Z",
  } as const;
  const summary = { cidrs: "10.244.0.0/16", nodes: "3/3", free: "252/256" };
  await client.replace(podNetworks, { ...network, status: { summary, conditions: [condition] } }, { subresource: "status" });
  const columns = async (kind: string) =>
    (await lab.kubectl(["get", kind])).stdout
      .split("\n")
      .slice(0, 2)
      .map((line) => line.split(/ {2,}/));
  const [head, row] = await columns("pnet");
  assert.deepEqual(head, ["NAME", "CIDRS", "NODES", "FREE", "READY", "REASON", "AGE"]);
  assert.deepEqual(row?.slice(0, 6), ["columns", "10.244.0.0/16", "3/3", "252/256", "True", "Ready"]);
  const [, nodeNetwork] = await columns("nnet");
  assert.deepEqual(nodeNetwork?.slice(0, 5), ["node-1", "default", "cni0 10.244.1.1/24", "2/2", "1500"]);
  const [, nodeSubnet] = await columns("nsub");
  assert.deepEqual(nodeSubnet?.slice(0, 5), ["10.244.1.0-24", "default", "node-1", "10.244.1.0/24", "192.168.1.11"]);
});

function networkOf(cidrs: readonly string[], name: string): PodNetwork {
  const spec = { ranges: cidrs.map((cidr) => ({ cidr, nodePrefixLength: 24 })), ...defaults };
  return { apiVersion, kind: "PodNetwork", metadata: { name }, spec };
}

const defaults: Omit<PodNetwork["spec"], "ranges"> = {
  mtu: { mode: "Auto" },
  masquerade: { enabled: true },
  cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
};

/** Takes every rule out of a CRD, as if it were of a version that did not have them yet. */
async function dropRules(): Promise<void> {
  const { stdout } = await lab.kubectl(["get", "crd", "podnetworks.podnet.dev", "--output=json"]);
  const lax: unknown = JSON.parse(stdout, (key, value: unknown) => (key === "x-kubernetes-validations" ? undefined : value));
  const { code, stderr } = await lab.kubectl(["replace", "--filename=-"], { stdin: JSON.stringify(lax) });
  assert.equal(code, 0, stderr);
}

test("a network that was stored before a rule existed can be mended in steps, says the API server as we do", async () => {
  const wrong = networkOf(["10.1.0.0/16", "10.2.0.9/16", "127.1.0.0/16"], "wrong");
  await dropRules();
  const ask = () => client.create(podNetworks, networkOf(["10.3.0.9/16"], "probe"), { dryRun: true });
  await waitUntil("the API server to forget the rules", 20_000, () => ask().catch(() => undefined));
  let stored = await client.create(podNetworks, wrong);
  await installCrds(lab);
  await waitUntil("the API server to know the rules again", 20_000, () =>
    ask().then(
      () => undefined,
      (error) => isKubeError(error, "Invalid") || undefined,
    ),
  );
  for (const cidrs of [
    ["10.1.0.0/16", "10.2.0.9/16", "127.1.0.0/16", "10.4.0.0/16"],
    ["10.1.0.0/16", "127.1.0.0/16", "10.4.0.0/16"],
    ["10.1.0.0/16", "10.4.0.0/16"],
  ]) {
    const next = { ...stored, spec: { ...stored.spec, ranges: networkOf(cidrs, "wrong").spec.ranges } };
    assert.deepEqual(validatePodNetwork(next, stored), []);
    stored = await client.replace(podNetworks, next);
  }
  const worse = { ...stored, spec: { ...stored.spec, ranges: networkOf(["10.1.0.0/16", "10.2.0.9/16"], "wrong").spec.ranges } };
  assert.deepEqual(
    validatePodNetwork(worse, stored).map(({ code }) => code),
    ["NotCanonical"],
  );
  await assert.rejects(client.replace(podNetworks, worse), refusedFor(/is not in canonical form/));
});

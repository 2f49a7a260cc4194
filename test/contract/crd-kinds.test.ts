// What the CRDs promise beyond one PodNetwork's content: status and spec have one writer each, columns say what people ask, wrong objects can be mended.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import { validatePodNetwork } from "../../crds/validate.ts";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { installCrds } from "../support/install-crds.ts";
import { type CrdLab, refusedFor, startCrdLab } from "../support/crd-lab.ts";
import { kstatusOf } from "../support/kstatus.ts";
import { claimOf, entryOf, ledgerOf, nodeNetworkOf, podNetworkOf } from "../support/network-sample.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;
const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

let site: CrdLab | undefined;
let client: KubeClient;
let lab: Lab;

before(async () => {
  site = await startCrdLab("crd-kinds");
  ({ client, lab } = site);
});
after(() => site?.stop());

test("a NodeNetwork's status and its spec are written apart, and a report raises no generation", async () => {
  const { spec } = nodeNetworkOf("node-1");
  const status: NonNullable<NodeNetwork["status"]> = {
    configGeneration: 1,
    observedAt: "2026-11-24T12:00:00Z",
    nodeUID: "uid-node-1",
    acknowledged: { incarnation: "ledger-1", sequence: 0 },
    subnets: [{ cidr: "10.244.1.0/24", leases: 12, free: 241 }],
    lost: [{ cidr: "10.244.2.0/24", node: "node-2", nodeUID: "uid-node-2" }],
    summary: { bridge: "cni0 10.244.1.1/24", peers: "2/2" },
    peers: { known: 2, routed: 2 },
    mtu: 1500,
  };
  const stored = await client.create(nodeNetworks, nodeNetworkOf("node-1", status));
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

test("a network that nobody has judged yet is not taken as done by kstatus, which Flux goes by", async () => {
  const made = await client.create(podNetworks, podNetworkOf("new", ["10.97.0.0/16"]));
  assert.equal(kstatusOf(made), "InProgress");
  const stored = (await client.get(podNetworks, "new")) ?? assert.fail();
  assert.equal(kstatusOf(stored), "InProgress");
});

test("kubectl prints the columns that people look for", async () => {
  const network = await client.create(podNetworks, podNetworkOf("columns", ["10.96.0.0/16"]));
  await client.create(nodeSubnets, claimOf("node-1", "10.244.1.0/24"));
  const recovery = { since: "2026-11-24T12:00:00Z", until: "2026-11-24T12:05:00Z", reason: "LedgerMissing" };
  const ledger = ledgerOf([entryOf("10.244.0.0/16"), entryOf("10.245.0.0/16")]);
  await client.create(rangeLedgers, { ...ledger, spec: { ...ledger.spec, recovery } });
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
  assert.deepEqual(nodeSubnet?.slice(0, 6), ["10.244.1.0-24", "default", "node-1", "10.244.1.0/24", "Active", "192.168.1.11"]);
  const [, rangeLedger] = await columns("rledger");
  assert.deepEqual(rangeLedger?.slice(0, 5), ["cluster", "ledger-1", "10.244.0.0/16", "0", "LedgerMissing"]);
});

/** Takes every rule out of a CRD, as if it were of a version that did not have them yet. */
async function dropRules(): Promise<void> {
  const { stdout } = await lab.kubectl(["get", "crd", "podnetworks.podnet.dev", "--output=json"]);
  const lax: unknown = JSON.parse(stdout, (key, value: unknown) => (key === "x-kubernetes-validations" ? undefined : value));
  const { code, stderr } = await lab.kubectl(["replace", "--filename=-"], { stdin: JSON.stringify(lax) });
  assert.equal(code, 0, stderr);
}

test("a network that was stored before a rule existed can be mended in steps, says the API server as we do", async () => {
  const wrong = podNetworkOf("wrong", ["10.1.0.0/16", "10.2.0.9/16", "127.1.0.0/16"]);
  await dropRules();
  const ask = () => client.create(podNetworks, podNetworkOf("probe", ["10.3.0.9/16"]), { dryRun: true });
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
    const next = { ...stored, spec: { ...stored.spec, ranges: podNetworkOf("wrong", cidrs).spec.ranges } };
    assert.deepEqual(validatePodNetwork(next, stored), []);
    stored = await client.replace(podNetworks, next);
  }
  const worse = {
    ...stored,
    spec: { ...stored.spec, ranges: podNetworkOf("wrong", ["10.1.0.0/16", "10.2.0.9/16"]).spec.ranges },
  };
  assert.deepEqual(
    validatePodNetwork(worse, stored).map(({ code }) => code),
    ["NotCanonical"],
  );
  await assert.rejects(client.replace(podNetworks, worse), refusedFor(/is not in canonical form/));
});

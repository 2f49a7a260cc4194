// ServiceCIDRs beside PodNetworks, judged inside the API server.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { PodNetworkOverlapPolicy } from "../../crds/types.ts";
import type { CommandResult } from "../../lab/host.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import { podNetworks } from "../../operator/cluster.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";
import { podNetworkOf } from "../support/network-sample.ts";
import { specDefaults } from "../support/spec-defaults.ts";
import { succeed } from "../support/succeed.ts";

const serviceCidrs = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "servicecidrs",
  kind: "ServiceCIDR",
  namespaced: false,
};
const root = join(import.meta.dirname, "../..");
const apiServer = ["--as=system:apiserver", "--as-group=system:masters"];

let lab: Lab;
let client: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("service-cidr")));
  await installCrds(lab);
  // After the kind: a policy sees objects with the schema that they had when it began to look.
  await succeed(lab.kubectl(["apply", "--server-side", "-f", join(root, "deploy/service-cidr-guard.yaml")]));
  client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
  await network("default", ["10.244.0.0/16", "fd00:10:244::/48"], true);
  await network("lax", ["10.40.0.0/16"], true, "Warn");
  await network("careful", ["10.41.0.0/16"], true, "Reserve");
  await network("strict", ["10.42.0.0/16"], true, "Reject");
  await network("refused", ["10.43.0.0/16"], false);
});
after(stop);

async function stop(): Promise<void> {
  await client?.close();
  await lab?.stop();
}

/** A network whose ranges an operator has accepted, or not. */
async function network(
  name: string,
  cidrs: readonly string[],
  accepted: boolean,
  services?: PodNetworkOverlapPolicy["services"],
): Promise<void> {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24, state: "Active" as const }));
  const overlapPolicy = services !== undefined && { overlapPolicy: { ...specDefaults.overlapPolicy, services } };
  await client.create(podNetworks, podNetworkOf(name, [], { ranges, ...overlapPolicy }));
  const status = { ranges: cidrs.map((cidr) => ({ cidr, accepted, total: 256, allocated: 0, reserved: 0, held: 0, free: 256 })) };
  await client.patch(podNetworks, name, { status }, { type: "merge", subresource: "status" });
}

function serviceCidr(name: string, cidrs: readonly string[]): string {
  return JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR", metadata: { name }, spec: { cidrs } });
}

function tried(cidrs: readonly string[], args: readonly string[] = []): Promise<CommandResult> {
  return lab.kubectl(["create", "--dry-run=server", "-f", "-", ...args], { stdin: serviceCidr("more", cidrs) });
}

/** What the policy of this name said of it; the caches that it reads are a little behind. */
function said(policy: string, cidrs: readonly string[]): Promise<string> {
  return waitUntil(`${policy} to speak of ${cidrs.join(", ")}`, 20_000, async () => {
    const { stderr } = await tried(cidrs);
    const start = `ValidatingAdmissionPolicy '${policy}' with binding '${policy}'( denied request)?: `;
    return new RegExp(`${start}(.*)`).exec(stderr)?.[2];
  });
}

test("a ServiceCIDR that overlaps an accepted range is refused, and the answer names both and the network", async () => {
  const rest = "whose addresses pods have; choose a range that no PodNetwork has, or drain and remove that range first";
  for (const [cidrs, hit] of [
    [["10.244.16.0/20"], "10.244.0.0/16"],
    [["10.240.0.0/12"], "10.244.0.0/16"],
    [["fd00:10:244:8000::/112"], "fd00:10:244::/48"],
    [["10.98.0.0/16", "fd00:10:244::/108"], "fd00:10:244::/48"],
  ] as const) {
    const message = `spec.cidrs ${cidrs.join(", ")} overlap ${hit} of PodNetwork/default, ${rest}`;
    assert.equal(await said("podnet-service-cidr-guard", cidrs), message);
    assert.notEqual((await tried(cidrs)).code, 0);
  }
  assert.match(await said("podnet-service-cidr-guard", ["10.42.128.0/20"]), /of PodNetwork\/strict,/);
});

test("where the network's overlapPolicy allows it, the answer is a warning", async () => {
  assert.equal(
    await said("podnet-service-cidr-warning", ["10.40.1.0/24"]),
    "spec.cidrs 10.40.1.0/24 overlap 10.40.0.0/16 of PodNetwork/lax, whose spec.overlapPolicy.services allows that; a Service may get the address of a pod",
  );
  assert.equal(
    await said("podnet-service-cidr-warning", ["10.41.1.0/24"]),
    "spec.cidrs 10.41.1.0/24 overlap 10.41.0.0/16 of PodNetwork/careful, whose spec.overlapPolicy.services reserves what is still free of it; subnets that nodes have already stay theirs; a Service may get the address of a pod",
  );
  for (const cidr of ["10.40.1.0/24", "10.41.1.0/24"]) assert.equal((await tried([cidr])).code, 0, cidr);
});

test("a range that is free, or of a network that is not accepted, is a Service range without a word", async () => {
  for (const cidrs of [["10.43.1.0/24"], ["10.245.0.0/24"], ["10.99.0.0/16", "fd00:10:245::/112"]]) {
    const { code, stderr } = await tried(cidrs);
    assert.deepEqual([code, stderr], [0, ""], cidrs.join());
  }
});

test("of a ServiceCIDR that was there before only what an update adds is judged; its deletion is not", async () => {
  const { code, stderr } = await lab.kubectl(["create", "-f", "-"], { stdin: serviceCidr("old", ["10.50.0.0/24"]) });
  assert.equal(code, 0, stderr);
  await network("late", ["10.50.0.0/16"], true);
  await said("podnet-service-cidr-guard", ["10.50.1.0/24"]);
  const labelled = await lab.kubectl(["label", "servicecidr", "old", "a=b"]);
  assert.deepEqual([labelled.code, labelled.stderr], [0, ""]);
  const second = serviceCidr("old", ["10.50.0.0/24", "fd00:10:244:1::/112"]);
  const refused = await lab.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { stdin: second });
  assert.match(refused.stderr, /spec\.cidrs fd00:10:244:1::\/112 overlap fd00:10:244::\/48 of PodNetwork\/default/);
  const free = serviceCidr("old", ["10.50.0.0/24", "fd00:10:250::/112"]);
  const added = await lab.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { stdin: free });
  assert.deepEqual([added.code, added.stderr], [0, ""]);
  await client.patch(serviceCidrs, "old", { metadata: { finalizers: null } }, { type: "merge" });
  const deleted = await lab.kubectl(["delete", "servicecidr", "old", "--timeout=20s"]);
  assert.deepEqual([deleted.code, deleted.stderr], [0, ""]);
});

test("an API server makes its own ServiceCIDR whatever networks there are, and starts", async () => {
  await network("unlucky", ["10.96.0.0/12"], true);
  await said("podnet-service-cidr-guard", ["10.97.0.0/24"]);
  const own = serviceCidr("kubernetes", ["10.96.0.0/16", "fd00:10:96::/112"]);
  const create = ["create", "--dry-run=server", "-f", "-"];
  assert.match((await lab.kubectl(create, { stdin: own })).stderr, /podnet-service-cidr-guard/, "nobody else may");
  assert.match((await lab.kubectl([...create, ...apiServer], { stdin: own })).stderr, /already exists/);
  assert.match((await tried(["10.97.0.0/24"], apiServer)).stderr, /podnet-service-cidr-guard/, "nor it another one");
  await client.patch(serviceCidrs, "kubernetes", { metadata: { finalizers: null } }, { type: "merge" });
  await client.delete(serviceCidrs, "kubernetes");
  await lab.controlPlane.kill("kube-apiserver");
  await lab.controlPlane.start("kube-apiserver");
  await waitUntil("its ServiceCIDR", 30_000, () => client.get(serviceCidrs, "kubernetes"));
});

test("without any PodNetwork, and without the kind, ServiceCIDRs go their way", async () => {
  for (const { metadata } of (await client.listAll(podNetworks)).items) await client.delete(podNetworks, metadata.name);
  const accepted = async () => (await tried(["10.244.0.0/24"])).code === 0 || undefined;
  await waitUntil("an end of the refusal", 20_000, accepted);
  assert.equal((await lab.kubectl(["delete", "crd", "podnetworks.podnet.dev", "--timeout=30s"])).code, 0);
  await waitUntil("a ServiceCIDR without the kind", 20_000, accepted);
});

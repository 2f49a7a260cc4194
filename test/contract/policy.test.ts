// What each identity of ours may do, and the policies that judge inside the API server, with no process of ours running.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodesOnOneSegment } from "../../lab/instance.ts";
import type { CommandResult } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { nodeNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork } from "../../crds/types.ts";
import { connect } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { ownSpec } from "../support/node-view.ts";
import { rightsOf } from "../support/rights.ts";

const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
let lab: Lab;

before(async () => {
  lab = await startLab(nodesOnOneSegment(labName("contract-policy"), 2, "nodes-without-kubelets"));
  await installManifests(lab);
});
after(() => lab?.stop());

function network(name: string, cidrs: readonly string[]): string {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec: { ranges } });
}

async function must(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await lab.kubectl(args, stdin === undefined ? {} : { stdin });
  assert.equal(code, 0, stderr);
  return stdout;
}

test("the overlap policy refuses a network that overlaps another, and names both", async () => {
  await must(["create", "-f", "-"], network("first", ["10.244.0.0/16", "fd00:10:244::/48"]));
  const refusal = async (cidr: string): Promise<string> =>
    waitUntil(`a refusal of ${cidr}`, 20_000, async () => {
      const { code, stderr } = await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: network("second", [cidr]) });
      return code === 0 ? undefined : stderr;
    });
  for (const cidr of ["10.240.0.0/12", "10.244.3.0/24", "10.244.0.0/16", "fd00:10:244:8000::/49"]) {
    const message = await refusal(cidr);
    for (const part of ["podnet-no-overlap", cidr, "PodNetwork/first"])
      assert.ok(message.includes(part), `${part} is missing in: ${message}`);
  }
  await must(["create", "-f", "-"], network("second", ["10.245.0.0/16", "fd00:10:245::/48"]));
});

test("the overlap policy judges only the ranges that an update adds, and no deletion", async () => {
  const { code, stderr } = await lab.kubectl(["replace", "-f", "-"], {
    stdin: network("second", ["10.245.0.0/16", "10.244.9.0/24"]),
  });
  assert.notEqual(code, 0);
  assert.match(stderr, /10\.244\.9\.0\/24/);
  await must(["patch", "podnetwork", "second", "--type=merge", '--patch={"spec":{"masquerade":{"enabled":false}}}']);
  await must(["delete", "podnetwork", "second", "--timeout=20s"]);
});

function nodeNetwork(name: string): string {
  return JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "NodeNetwork", metadata: { name }, spec: ownSpec() });
}

test("an agent's token writes the status of its own NodeNetwork, and nothing else", async () => {
  for (const name of ["node-1", "node-2"]) await must(["create", "-f", "-"], nodeNetwork(name));
  const identity = await lab.identity({ name: "podnet-agent", namespace: "kube-system", node: "node-1" });
  const unbound = await lab.identity({ name: "podnet-agent", namespace: "kube-system" });
  const as = (kubeconfig: string, ...args: string[]): Promise<CommandResult> =>
    lab.host("control-plane").run([lab.binary("kubectl"), `--kubeconfig=${kubeconfig}`, ...args]);
  const refusal = async (kubeconfig: string, name: string): Promise<string> => {
    const client = connect({ access: { from: "kubeconfig", path: kubeconfig }, userAgent: "podnet-test" });
    try {
      await client.patch(nodeNetworks, name, { status: { mtu: 1500 } }, { type: "merge", subresource: "status" });
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await client.close();
    }
  };
  const other = await waitUntil(
    "the policy to be in force",
    20_000,
    async () => (await refusal(identity.outsideKubeconfig, "node-2")) || undefined,
  );
  assert.match(other, /the agent of node-1 may write the status of NodeNetwork\/node-1 only, not of NodeNetwork\/node-2/);
  assert.equal(await refusal(identity.outsideKubeconfig, "node-1"), "");
  assert.match(await refusal(unbound.outsideKubeconfig, "node-1"), /bound to no node/);
  for (const args of [
    ["patch", "nodenetwork", "node-1", "--type=merge", '--patch={"spec":{"configGeneration":9}}'],
    ["label", "nodenetwork", "node-1", "a=b"],
    ["delete", "nodenetwork", "node-1"],
    ["get", "nodes"],
    ["get", "pods"],
    ["get", "podnetworks"],
    ["get", "secrets", "--namespace=kube-system"],
    ["delete", "nodesubnet", "10.244.1.0-24"],
  ])
    assert.match((await as(identity.kubeconfig, ...args)).stderr, /forbidden/i, args.join(" "));
  assert.equal((await as(identity.kubeconfig, "get", "nodesubnets")).code, 0);
});

test("each identity has the rights that its requests need, and no others", async () => {
  const client = connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
  try {
    assert.deepEqual(await rightsOf(client, "podnet-operator"), {
      "podnet.dev/podnetworks": "get list watch patch",
      "podnet.dev/podnetworks/status": "patch",
      "podnet.dev/nodesubnets": "get list watch create update delete",
      "podnet.dev/nodenetworks": "get list watch create update delete",
      "podnet.dev/rangeledgers": "get list watch create update",
      "/nodes": "get list watch",
      "/nodes/status": "patch",
      "/pods": "list",
      "coordination.k8s.io/leases podnet-operator": "get create update",
      "coordination.k8s.io/leases other": "create",
      "events.k8s.io/events": "create patch",
      "default:events.k8s.io/events": "create patch",
    });
    assert.deepEqual(await rightsOf(client, "podnet-agent"), {
      "podnet.dev/nodesubnets": "list watch",
      "podnet.dev/nodenetworks": "list watch",
      "podnet.dev/nodenetworks/status": "patch",
    });
    assert.deepEqual(await rightsOf(client, "podnet-webhook"), {
      "podnet.dev/podnetworks": "list watch",
      "podnet.dev/nodesubnets": "list watch",
      "podnet.dev/nodenetworks": "list",
      "podnet.dev/rangeledgers": "list watch",
      "/secrets podnet-webhook-tls": "get list watch create update",
      "/secrets other": "create",
      "admissionregistration.k8s.io/validatingwebhookconfigurations podnet": "get list watch create update",
      "admissionregistration.k8s.io/validatingwebhookconfigurations other": "create",
    });
    assert.deepEqual(await rightsOf(client, "somebody-else"), {});
  } finally {
    await client.close();
  }
});

// The webhook on a real API server, where what nodes use decides: removing, draining, reserving, setting aside, deleting.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeNetworkResource, nodeSubnetResource, rangeLedgerResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import { agentRole, connectAs, operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import type { CommandResult } from "../../lab/host.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Service } from "../../lab/node/service.ts";
import { installManifests, startWebhook } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { labName } from "../support/lab-name.ts";
import { claimOf, entryOf, ledgerOf, nodeNetworkOf } from "../support/network-sample.ts";

const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

let lab: Lab;
let roles: RoleClients;
/** The operator's, which does not run here. */
let client: KubeClient;
let webhook: Service;

before(async () => {
  lab = await startLab(noNodes(labName("webhook-use")));
  roles = connectAs(lab.kubeconfig, "podnet-test");
  client = roles.as(operatorRole);
  await installManifests(lab);
  webhook = await startWebhook(lab);
  await must(["create", "-f", "-"], network({ ranges: both }));
  for (const [node, cidr] of [
    ["node-1", "10.244.1.0/24"],
    ["node-2", "10.244.2.0/24"],
    ["node-3", "10.245.3.0/24"],
  ] as const)
    await client.create(nodeSubnets, claimOf(node, cidr));
  await client.create(nodeNetworks, nodeNetworkOf("node-1"));
  await report("node-1", 12);
  await waitUntil("the webhook to be asked", 20_000, async () => {
    const { stderr } = await kubectl(["apply", "--dry-run=server", "-f", "-"], network({ ranges: [second] }));
    return stderr.includes("cannot be removed") || undefined;
  });
});
after(async () => {
  await roles?.close();
  await lab?.stop();
});

const first = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
const second = { cidr: "10.245.0.0/22", nodePrefixLength: 24 };
const both = [first, second];

function network(spec: object, name = "default"): string {
  return JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec });
}

function kubectl(args: readonly string[], stdin?: string): Promise<CommandResult> {
  return lab.kubectl(args, stdin === undefined ? {} : { stdin });
}

/** What kubectl said, warnings included. */
async function must(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, stdin);
  assert.equal(code, 0, stderr);
  return stdout + stderr;
}

async function refused(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stderr } = await kubectl(args, stdin);
  assert.notEqual(code, 0, "the API server accepted it");
  return stderr;
}

/** A dry run reaches the webhook like any other write. */
const tried = ["apply", "--dry-run=server", "-f", "-"];

/** The node's agent says so many pods have addresses of its one subnet. */
async function report(node: string, leases: number): Promise<void> {
  const cidr = `10.244.${node.slice(-1)}.0/24`;
  const status = { configGeneration: 1, observedAt: new Date().toISOString(), subnets: [{ cidr, leases, free: 253 - leases }] };
  await roles.as(agentRole(node)).patch(nodeNetworks, node, { status }, { type: "merge", subresource: "status" });
}

test("a range in use is not removed, and the message names nodes, pods and the remedy", async () => {
  const message = await refused(tried, network({ ranges: [second] }));
  assert.match(
    message,
    /10\.244\.0\.0\/16 cannot be removed while 2 nodes have subnets in it: node-1 \(12 pods\), node-2 \(pods unknown\)/,
  );
  assert.match(message, /state: Draining/);
});

test("a range is drained where there is room, and not where subnets are missing", async () => {
  const drained = { ...first, state: "Draining" };
  await must(tried, network({ ranges: [drained, second] }));
  const reserved = [{ cidr: "10.245.0.0/23" }];
  const message = await refused(tried, network({ ranges: [drained, second], reserved }));
  assert.match(
    message,
    /spec\.ranges\[0\]\.state: 2 nodes would have to move off .* room for 1: 1 node subnet missing; append a range/,
  );
});

test("a prefix that a node uses is neither reserved nor set aside for another", async () => {
  const reserved = [{ cidr: "10.244.2.0/24", reason: "lab" }];
  assert.match(
    await refused(tried, network({ ranges: both, reserved })),
    /spec\.reserved\[0\]\.cidr: .*10\.244\.2\.0\/24 of node-2/,
  );
  const staticSubnets = [{ node: "edge-1", cidr: "10.244.2.0/24" }];
  const message = await refused(tried, network({ ranges: both, staticSubnets }));
  assert.match(message, /spec\.staticSubnets\[0\]\.cidr: 10\.244\.2\.0\/24 is in use by node-2; choose one that is free/);
  await must(tried, network({ ranges: both, staticSubnets: [{ node: "node-2", cidr: "10.244.2.0/24" }] }));
});

test("several refusals are one cause each", async () => {
  const spec = { ranges: [second], reserved: [{ cidr: "10.245.3.0/24" }] };
  const message = await refused(tried, network(spec));
  assert.match(
    message,
    /spec\.ranges: 10\.244\.0\.0\/16 cannot be removed.*\n.*spec\.reserved\[0\]\.cidr: 10\.245\.3\.0\/24 touches/,
  );
});

test("what is added is told with its room, and with what it has to wait for", async () => {
  const gone = entryOf("10.8.0.0/16", { network: "gone", networkUID: "uid-gone", state: "Closing" });
  await client.create(rangeLedgers, ledgerOf([gone]));
  const said = await must(tried, network({ ranges: [...both, { cidr: "10.8.0.0/17", nodePrefixLength: 24 }] }));
  assert.match(said, /Warning: spec\.ranges\[2\]: 10\.8\.0\.0\/17 has room for 128 node subnets of 253 pod addresses each/);
  assert.match(
    said,
    /Warning: .*has to wait \(RangeInUse\) until the last subnet of 10\.8\.0\.0\/16, which PodNetwork\/gone had, is released/,
  );
  assert.doesNotMatch(await must(tried, network({ ranges: both, priority: 7 })), /Warning: (spec|not judged)/);
});

test("a network that is tried, created or changed is told how many nodes get a subnet, and what is left", async () => {
  for (const name of ["extra-1", "extra-2"])
    await must(
      ["create", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { pool: "extra", only: name } } }),
    );
  const extra = (matchLabels: object) =>
    network({ ranges: [{ cidr: "10.7.0.0/16", nodePrefixLength: 24 }], nodeSelector: { matchLabels }, priority: 1 }, "extra");
  const two = /Warning: 2 nodes get a subnet; 254 of 256 IPv4 node subnets are left/;
  await waitUntil(
    "the webhook to know both nodes",
    20_000,
    async () => two.test(await must(tried, extra({ pool: "extra" }))) || undefined,
  );
  assert.match(await must(["create", "-f", "-"], extra({ pool: "extra" })), two);
  const one = /Warning: 1 node gets a subnet; 255 of 256 IPv4 node subnets are left/;
  assert.match(await must(tried, extra({ only: "extra-1" })), one);
  assert.match(await must(["replace", "-f", "-"], extra({ only: "extra-1" })), one);
  await must(["delete", "podnetwork", "extra"]);
  await must(["delete", "node", "extra-1", "extra-2"]);
});

test("what cannot be read is said: a removal and a deletion are refused, the rest passes with a warning", async () => {
  const { stdout: binding } = await kubectl(["get", "clusterrolebinding", "podnet-webhook", "--output=json"]);
  await must(["delete", "clusterrolebinding", "podnet-webhook"]);
  const message = await waitUntil("the webhook to lose its rights", 20_000, async () => {
    const { stderr } = await kubectl(tried, network({ ranges: [second] }));
    return stderr.includes("cannot be read") ? stderr : undefined;
  });
  assert.match(
    message,
    /spec\.ranges: 10\.244\.0\.0\/16 cannot be removed now, since it cannot be read which nodes use it \(nodesubnets: .*\)/,
  );
  assert.match(
    await refused(["delete", "--dry-run=server", "podnetwork", "default"]),
    /it cannot be read whether pods use PodNetwork\/default/,
  );
  const said = await must(
    tried,
    network({ ranges: [...both, { cidr: "10.9.0.0/16", nodePrefixLength: 24 }], reserved: [{ cidr: "10.244.2.0/24" }] }),
  );
  assert.match(said, /Warning: not judged, whether its ranges overlap/);
  assert.match(said, /Warning: not judged, whether nodes use what it drains, reserves or sets aside/);
  const { metadata, ...rest } = JSON.parse(binding);
  await must(["create", "-f", "-"], JSON.stringify({ ...rest, metadata: { name: metadata.name } }));
  await waitUntil("the webhook to have its rights again", 20_000, async () => {
    const { stderr } = await kubectl(tried, network({ ranges: [second] }));
    return stderr.includes("node-1 (12 pods)") || undefined;
  });
});

test("a network with pods is deleted only when that is confirmed by its name; a collection no more than one", async () => {
  const first = await refused(["delete", "podnetwork", "default"]);
  assert.match(
    first,
    /denied the request: .*PodNetwork\/default is in use; 1 node has pods in it: node-1 \(12 pods\); 2 nodes have not said lately .*: node-2, node-3/,
  );
  assert.match(first, /kubectl annotate --overwrite podnetwork default podnet\.dev\/confirm-delete=default/);
  assert.match(await refused(["delete", "--raw", "/apis/podnet.dev/v1alpha1/podnetworks"]), /PodNetwork\/default is in use/);
  await must(["annotate", "podnetwork", "default", "podnet.dev/confirm-delete=yes"]);
  assert.match(await refused(["delete", "podnetwork", "default"]), /"yes" does not confirm it; the value must be default/);
  await must(["annotate", "--overwrite", "podnetwork", "default", "podnet.dev/confirm-delete=default"]);
  await must(["delete", "--dry-run=server", "podnetwork", "default"]);
});

test("a network without pods is deleted, as soon as its nodes have said so", async () => {
  await must(["annotate", "podnetwork", "default", "podnet.dev/confirm-delete-"]);
  await client.delete(nodeSubnets, "10.244.2.0-24");
  await client.delete(nodeSubnets, "10.245.3.0-24");
  await report("node-1", 0);
  await must(["delete", "--dry-run=server", "podnetwork", "default"]);
  await report("node-1", 1);
  assert.match(await refused(["delete", "--dry-run=server", "podnetwork", "default"]), /node-1 \(1 pod\)/);
});

test("while the webhook is gone, specs are refused, and every deletion works, that of a network with pods too", async () => {
  await webhook.kill();
  assert.match(
    await refused(tried, network({ ranges: [...both, { cidr: "10.9.0.0/16", nodePrefixLength: 24 }] })),
    /failed calling webhook "podnetworks\.podnet\.dev"/,
  );
  await must(["delete", "podnetwork", "default", "--timeout=20s"]);
});

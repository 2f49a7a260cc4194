// A network that came to overlap while nobody judged, on a real API server with policies and webhook on: it goes every way back, and no way further.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claimsFinalizer } from "../../crds/names.ts";
import { agentRole, connectAs, operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests, startWebhook } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { nodeNetworks, nodeSubnets, podNetworks } from "../../operator/cluster.ts";
import { labName } from "../support/lab-name.ts";
import { claimOf, nodeNetworkOf } from "../support/network-sample.ts";
import { succeed } from "../support/succeed.ts";

/** What each range of the two networks overlaps that come unjudged; beside that, all those of the other one. */
const ranges = {
  network: "10.244.0.0/17",
  services: "10.96.128.0/20",
  node: "10.253.0.0/24",
  own: "10.251.0.0/16",
} as const;
const all = Object.values(ranges);

let lab: Lab;
let roles: RoleClients;
/** The operator's, which does not run here. */
let operator: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("overlapping-network")));
  roles = connectAs(lab.kubeconfig, "podnet-test");
  operator = roles.as(operatorRole);
  await installManifests(lab);
  await succeed(create(network("standing", ["10.244.0.0/16"])));
  const addresses = ["10.253.0.5", "10.254.0.5"].map((address) => ({ type: "InternalIP", address }));
  await succeed(create({ apiVersion: "v1", kind: "Node", metadata: { name: "beside" }, status: { addresses } }));
  await leaveUnjudged(async () => {
    for (const name of ["late", "used"])
      await waitUntil(
        `${name} to be taken unjudged`,
        20_000,
        async () => (await create(network(name, all))).code === 0 || undefined,
      );
  });
  await operator.create(nodeSubnets, claimOf("node-2", "10.244.2.0/26", await ownerOf("standing")));
  await operator.create(nodeSubnets, claimOf("node-1", "10.251.1.0/26", await ownerOf("used")));
  await operator.create(nodeNetworks, nodeNetworkOf("node-1"));
  const subnets = [{ cidr: "10.251.1.0/26", leases: 12, free: 49 }];
  const status = { configGeneration: 1, observedAt: new Date().toISOString(), subnets };
  await roles.as(agentRole("node-1")).patch(nodeNetworks, "node-1", { status }, { type: "merge", subresource: "status" });
  await startWebhook(lab);
});
after(async () => {
  await roles?.close();
  await lab?.stop();
});

function network(name: string, cidrs: readonly string[]): object {
  const spec = { ranges: rangesOf(cidrs), nodeSelector: { matchLabels: { network: name } } };
  return { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec };
}

function rangesOf(cidrs: readonly string[], draining: readonly string[] = []): object[] {
  return cidrs.map((cidr) => ({ cidr, nodePrefixLength: 26, state: draining.includes(cidr) ? "Draining" : "Active" }));
}

function create(object: object) {
  return lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(object) });
}

function patch(name: string, spec: object, ...more: readonly string[]) {
  return lab.kubectl(["patch", "podnetwork", name, "--type=merge", `--patch=${JSON.stringify({ spec })}`, ...more]);
}

/** Takes the policies away; there is no webhook yet. */
async function leaveUnjudged(act: () => Promise<void>): Promise<void> {
  const bindings = ["podnet-no-overlap", "podnet-no-service-overlap"];
  await succeed(lab.kubectl(["delete", "validatingadmissionpolicybinding", ...bindings]));
  await act();
  await installManifests(lab);
}

async function ownerOf(name: string) {
  const { metadata } = (await operator.get(podNetworks, name)) ?? assert.fail(name);
  return { network: name, networkUID: metadata.uid };
}

/** Whoever learns of what is there a little late must not pass for one that lets it through. */
async function untilRefused(name: string, cidrs: readonly string[], words: RegExp): Promise<void> {
  await waitUntil(`${name} with ${cidrs.join(", ")} to be refused: ${words.source}`, 30_000, async () => {
    const { code, stderr } = await patch(name, { ranges: rangesOf(cidrs) }, "--dry-run=server");
    return (code !== 0 && words.test(stderr)) || undefined;
  });
}

test("it neither grows where it overlaps nor overlaps anything else: policies and webhook see to it", async () => {
  for (const name of ["late", "used"]) {
    await untilRefused(name, [...all, "10.244.128.0/18"], /podnet-no-overlap.*10\.244\.128\.0\/18 overlap PodNetwork\/standing/);
    await untilRefused(
      name,
      [...all.slice(1), "10.244.0.0/16"],
      /podnet-no-overlap.*10\.244\.0\.0\/16 overlap PodNetwork\/standing/,
    );
    await untilRefused(name, [...all, "10.96.16.0/20"], /podnet-no-service-overlap.*10\.96\.16\.0\/20 overlap 10\.96\.0\.0\/16/);
    await untilRefused(
      name,
      [...all, "10.254.0.0/24"],
      /spec\.ranges\[4\]\.cidr: 10\.254\.0\.0\/24 overlaps addresses of Nodes: Node\/beside/,
    );
  }
  await untilRefused(
    "standing",
    ["10.244.0.0/16", "10.251.128.0/17"],
    /podnet-no-overlap.*10\.251\.128\.0\/17 overlap PodNetwork\//,
  );
});

test("its metadata, and what of its spec is no range, change as in any other network; so do those of the one that it overlaps", async () => {
  for (const name of ["late", "used", "standing"]) {
    await succeed(lab.kubectl(["label", "podnetwork", name, "team=lab"]));
    await succeed(lab.kubectl(["annotate", "podnetwork", name, "note=overlaps"]));
    await succeed(patch(name, { masquerade: { enabled: false } }));
    await operator.patch(podNetworks, name, { metadata: { finalizers: [claimsFinalizer] } }, { type: "merge" });
    const status = { observedGeneration: 1 };
    await operator.patch(podNetworks, name, { status }, { type: "merge", subresource: "status" });
  }
});

test("each of its ranges can be drained, and so can what it overlaps", async () => {
  for (const cidr of all) await succeed(patch("late", { ranges: rangesOf(all, [cidr]) }, "--dry-run=server"));
  await succeed(patch("used", { ranges: rangesOf(all, [ranges.own]) }, "--dry-run=server"));
  await succeed(patch("late", { ranges: rangesOf(all, [ranges.network, ranges.services]) }));
  const beside = "10.245.0.0/16";
  await succeed(patch("standing", { ranges: [...rangesOf(["10.244.0.0/16"], ["10.244.0.0/16"]), ...rangesOf([beside])] }));
});

test("it can be shrunk range by range, though what it still has overlaps, and though others have subnets in what goes", async () => {
  for (const name of ["late", "used"]) {
    for (const gone of [ranges.network, ranges.services, ranges.node])
      await succeed(patch(name, { ranges: rangesOf(all.filter((cidr) => cidr !== gone)) }, "--dry-run=server"));
    await succeed(patch(name, { ranges: rangesOf(all.filter((cidr) => cidr !== ranges.services)) }));
  }
  await untilRefused("late", all, /podnet-no-service-overlap/);
});

test("with pods it is deleted only when that is confirmed; without any it is deleted as it is", async () => {
  const { code, stderr } = await lab.kubectl(["delete", "podnetwork", "used", "--wait=false"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /PodNetwork\/used is in use; 1 node has pods in it: node-1 \(12 pods\)/);
  await succeed(lab.kubectl(["annotate", "podnetwork", "used", "podnet.dev/confirm-delete=used"]));
  for (const name of ["used", "late"]) await succeed(lab.kubectl(["delete", "podnetwork", name, "--wait=false"]));
});

test("while it is deleted it can still be labelled and shrunk, and it goes when the operator takes its finalizer off", async () => {
  for (const name of ["used", "late"]) {
    assert.ok((await operator.get(podNetworks, name))?.metadata.deletionTimestamp !== undefined, name);
    await succeed(lab.kubectl(["label", "podnetwork", name, "leaving=yes"]));
    await succeed(patch(name, { ranges: rangesOf([ranges.network, ranges.own]) }));
    await operator.patch(podNetworks, name, { metadata: { finalizers: [] } }, { type: "merge" });
    assert.equal(await operator.get(podNetworks, name), undefined);
  }
});

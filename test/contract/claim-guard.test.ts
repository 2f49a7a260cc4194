// What hands may not do to what only podnet's processes write, and how an administrator does it all the same.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { annotations, nodeNetworkResource, nodeSubnetResource, rangeLedgerResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import { agentRole, connectAs, operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import type { CommandResult } from "../../lab/host.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { objectsWorld } from "../../lib/kube/objects.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { nodeNetworkKind } from "../../operator/plan/node-networks.ts";
import { startAuditedApiServer } from "../support/audited-api-server.ts";
import { commandsBelow } from "../support/doc-commands.ts";
import { labName } from "../support/lab-name.ts";
import { claimOf, entryOf, ledgerOf, nodeNetworkOf } from "../support/network-sample.ts";

const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;
const collector = "system:serviceaccount:kube-system:generic-garbage-collector";

let lab: Lab;
let roles: RoleClients;
let operator: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("claim-guard")));
  await installManifests(lab);
  roles = connectAs(lab.kubeconfig, "podnet-test");
  operator = roles.as(operatorRole);
  for (const number of [1, 2, 3, 7]) await operator.create(nodeSubnets, claimOf(`node-${number}`, `10.244.${number}.0/24`));
  await operator.create(nodeNetworks, nodeNetworkOf("node-1"));
  await operator.create(rangeLedgers, ledgerOf([]));
  await waitUntil("the guard to be in force", 20_000, async () => {
    const { code } = await kubectl(["delete", "--dry-run=server", "nodesubnet", "10.244.1.0-24"]);
    return code !== 0 || undefined;
  });
});
after(async () => {
  await roles?.close();
  await lab?.stop();
});

function kubectl(args: readonly string[], object?: KubeObject): Promise<CommandResult> {
  return lab.kubectl(args, object === undefined ? {} : { stdin: JSON.stringify(object) });
}

async function must(args: readonly string[], object?: KubeObject): Promise<string> {
  const { code, stderr } = await kubectl(args, object);
  assert.equal(code, 0, stderr);
  return stderr;
}

/** The refusal's own words. */
async function refused(args: readonly string[], object?: KubeObject): Promise<string> {
  const { code, stderr } = await kubectl(args, object);
  assert.notEqual(code, 0, `${args.join(" ")} was accepted`);
  const found = /ValidatingAdmissionPolicy 'podnet-claim-guard' with binding 'podnet-claim-guard' denied request: (.*)/.exec(
    stderr,
  );
  return found?.[1] ?? assert.fail(stderr);
}

const words = {
  NodeSubnet:
    "to free a subnet, delete its Node or drain its range (state: Draining in the PodNetwork); to remove a network, delete its PodNetwork",
  NodeNetwork: "to change what a node does, change its PodNetwork; it goes with its Node",
  RangeLedger: "to give a range back, remove it from its PodNetwork, or delete that",
} as const;

function refusalOf(kind: keyof typeof words, name: string): string {
  return `${kind}/${name} is written by podnet's operator alone (system:serviceaccount:kube-system:podnet-operator), and only labels and annotations by others; ${words[kind]}. In an emergency, annotate it first: podnet.dev/break-glass=REASON`;
}

function warningOf(thing: string): string {
  return `break-glass: ${thing} is open to changes by hand; podnet cannot vouch that no address is used twice. Take the annotation podnet.dev/break-glass away when done`;
}

const things = [
  ["NodeSubnet", "10.244.1.0-24", { nextHops: ["192.168.1.99"] }],
  ["NodeNetwork", "node-1", { configGeneration: 9 }],
  ["RangeLedger", "cluster", { releaseSequence: 9 }],
] as const;

for (const [kind, name, spec] of things) {
  test(`a ${kind} is not changed or deleted by an administrator's hand, and the answer says what to do instead`, async () => {
    const patch = `--patch=${JSON.stringify({ spec })}`;
    const { stdout } = await kubectl(["get", kind, name, "--output=json"]);
    const found = JSON.parse(stdout);
    const changed = { ...found, spec: { ...found.spec, ...spec } };
    const { resourceVersion: _, uid: __, managedFields: ___, ...metadata } = changed.metadata;
    const want = refusalOf(kind, name);
    assert.equal(await refused(["patch", kind, name, "--type=merge", patch]), want);
    assert.equal(await refused(["replace", "-f", "-"], changed), want);
    assert.equal(await refused(["apply", "-f", "-"], changed), want);
    assert.equal(await refused(["apply", "--server-side", "--force-conflicts", "-f", "-"], { ...changed, metadata }), want);
    assert.equal(await refused(["delete", kind, name]), want);
    assert.equal(await refused(["delete", kind, name, "--force", "--grace-period=0"]), want);
    assert.equal(await refused(["delete", kind, name, "--cascade=foreground"]), want);
    assert.equal(await refused(["delete", "--raw", `/apis/podnet.dev/v1alpha1/${kind.toLowerCase()}s/${name}`]), want);
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "00000000-0000-4000-8000-000000000000" };
    for (const part of [{ ownerReferences: [owner] }, { finalizers: ["example.com/hold"] }])
      assert.equal(await refused(["patch", kind, name, "--type=merge", `--patch=${JSON.stringify({ metadata: part })}`]), want);
    assert.equal((await kubectl(["get", kind, name, "--output=json"])).stdout, stdout);
  });

  test(`a ${kind} is not created by an administrator's hand`, async () => {
    const { stdout } = await kubectl(["get", kind, name, "--output=json"]);
    const { spec: made } = JSON.parse(stdout);
    const other = kind === "RangeLedger" ? "cluster" : kind === "NodeSubnet" ? "10.244.9.0-24" : "node-9";
    const object = {
      apiVersion: "podnet.dev/v1alpha1",
      kind,
      metadata: { name: other },
      spec: { ...made, cidr: "10.244.9.0/24" },
    };
    if (kind === "RangeLedger") await roles.as({ ...operatorRole, group: "system:masters" }).delete(rangeLedgers, "cluster");
    assert.equal(await refused(["create", "--validate=ignore", "-f", "-"], object), refusalOf(kind, other));
    if (kind === "RangeLedger") await operator.create(rangeLedgers, ledgerOf([]));
  });

  test(`labels and annotations of a ${kind} are anybody's, without a word`, async () => {
    assert.equal(await must(["label", kind, name, "team=blue"]), "");
    assert.equal(await must(["annotate", kind, name, "note=seen"]), "");
    assert.equal(await must(["label", kind, name, "team-"]), "");
  });
}

test("a collection is not deleted either, not even in part", async () => {
  const before = (await operator.listAll(nodeSubnets)).items.map(({ metadata }) => metadata.name);
  await refused(["delete", "--raw", "/apis/podnet.dev/v1alpha1/nodesubnets"]);
  await refused(["delete", "nodesubnets", "--all"]);
  assert.deepEqual(
    (await operator.listAll(nodeSubnets)).items.map(({ metadata }) => metadata.name),
    before,
  );
});

test("a reason of nothing but blanks breaks no glass", async () => {
  await must(["annotate", "nodesubnet", "10.244.2.0-24", "podnet.dev/break-glass=  "]);
  const change = ["patch", "nodesubnet", "10.244.2.0-24", "--type=merge", '--patch={"spec":{"nextHops":["192.168.1.95"]}}'];
  for (const args of [change, ["delete", "nodesubnet", "10.244.2.0-24"]])
    assert.equal(await refused(args), refusalOf("NodeSubnet", "10.244.2.0-24"));
  await must(["annotate", "nodesubnet", "10.244.2.0-24", "podnet.dev/break-glass-"]);
});

test("with the annotation an object is changed and deleted, each time with a warning; without it, no longer", async () => {
  const name = "10.244.2.0-24";
  const change = (hop: string) => ["patch", "nodesubnet", name, "--type=merge", `--patch={"spec":{"nextHops":["${hop}"]}}`];
  const warning = `Warning: Validation failed for ValidatingAdmissionPolicy 'podnet-break-glass' with binding 'podnet-break-glass': ${warningOf(`NodeSubnet/${name}`)}\n`;
  assert.equal(await must(["annotate", "nodesubnet", name, "podnet.dev/break-glass=restore"]), warning);
  assert.equal(await must(change("192.168.1.98")), warning);
  assert.equal(await must(["annotate", "nodesubnet", name, "podnet.dev/break-glass-"]), "");
  assert.equal(await refused(change("192.168.1.97")), refusalOf("NodeSubnet", name));
  const both = `--patch={"metadata":{"annotations":{"podnet.dev/break-glass":"both at once"}},"spec":{"nextHops":["192.168.1.96"]}}`;
  assert.equal(await must(["patch", "nodesubnet", name, "--type=merge", both]), warning);
  assert.equal(await must(["delete", "nodesubnet", name]), warning);
  const claim = claimOf("node-2", "10.244.2.0/24");
  const restored = { ...claim, metadata: { name, annotations: { [annotations.breakGlass]: "from a backup" } } };
  assert.equal(await must(["create", "-f", "-"], restored), warning);
});

test("the status of a NodeNetwork is written by its agent, and by a hand only with the annotation", async () => {
  const patch = ["patch", "nodenetwork", "node-1", "--subresource=status", "--type=merge", '--patch={"status":{"mtu":9000}}'];
  const want =
    "the status of NodeNetwork/node-1 is written by its node's agent alone (system:serviceaccount:kube-system:podnet-agent); it says what is programmed; to change that, change the PodNetwork. In an emergency, annotate it first: podnet.dev/break-glass=REASON";
  assert.equal(await refused(patch), want);
  const sneaky = '--patch={"metadata":{"annotations":{"podnet.dev/break-glass":"by the way"}},"status":{"mtu":9000}}';
  assert.equal(await refused([...patch.slice(0, -1), sneaky]), want, "a status write cannot bring the annotation along");
  await roles
    .as(agentRole("node-1"))
    .patch(nodeNetworks, "node-1", { status: { mtu: 1400 } }, { type: "merge", subresource: "status" });
  await must(["annotate", "nodenetwork", "node-1", "podnet.dev/break-glass=a stuck report"]);
  assert.match(await must(patch), /NodeNetwork\/node-1 is open to changes by hand/);
  await must(["annotate", "nodenetwork", "node-1", "podnet.dev/break-glass-"]);
});

test("the largest ledger there can be is judged, too, with what it costs", async () => {
  const part = { network: "n".repeat(63), networkUID: "u".repeat(36), nodePrefixLength: 126 };
  const entries = Array.from({ length: 4096 }, (_, index) =>
    entryOf(`2001:db8:1111:2222:3333:4444:${(4096 + index).toString(16)}:0/112`, part),
  );
  const { metadata } = (await operator.get(rangeLedgers, "cluster")) ?? assert.fail();
  await operator.replace(rangeLedgers, { ...ledgerOf(entries), metadata });
  assert.equal(await must(["label", "rangeledger", "cluster", "team=blue"]), "");
  const patch = ["patch", "rangeledger", "cluster", "--type=merge", '--patch={"spec":{"releaseSequence":9}}'];
  assert.equal(await refused(patch), refusalOf("RangeLedger", "cluster"));
});

test("the operator works on with an object that carries the annotation, and leaves it there", async () => {
  await must(["annotate", "nodenetwork", "node-1", "podnet.dev/break-glass=looked at"]);
  const have = (await operator.get(nodeNetworks, "node-1")) ?? assert.fail();
  const want = { ...have, metadata: { name: "node-1" }, spec: { ...have.spec, configGeneration: 2, podRanges: ["10.9.0.0/16"] } };
  const store = objectsWorld({
    client: operator,
    resource: nodeNetworks,
    kind: nodeNetworkKind,
    fieldManager: "podnet-operator",
  });
  assert.deepEqual(
    await store.apply([{ op: "change", kind: "NodeNetwork", key: "node-1", because: "its ranges", want, have }]),
    [],
  );
  const found = (await operator.get(nodeNetworks, "node-1")) ?? assert.fail();
  assert.equal(found.metadata.annotations?.[annotations.breakGlass], "looked at");
  assert.deepEqual(found.spec.podRanges, ["10.9.0.0/16"]);
  await must(["annotate", "nodenetwork", "node-1", "podnet.dev/break-glass-"]);
});

test("the garbage collector deletes what has an owner, which only a hand can give it, and nothing else", async () => {
  const asCollector = ["--as", collector, "--as-group=system:masters"];
  const name = "10.244.3.0-24";
  assert.equal(await refused(["delete", "nodesubnet", name, ...asCollector]), refusalOf("NodeSubnet", name));
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "00000000-0000-4000-8000-000000000000" };
  const owned = { metadata: { annotations: { [annotations.breakGlass]: "an owner" }, ownerReferences: [owner] } };
  await must(["patch", "nodesubnet", name, "--type=merge", `--patch=${JSON.stringify(owned)}`]);
  await must(["annotate", "nodesubnet", name, "podnet.dev/break-glass-"]);
  assert.equal(await refused(["delete", "nodesubnet", name]), refusalOf("NodeSubnet", name));
  const change = ["patch", "nodesubnet", name, "--type=merge", '--patch={"spec":{"nextHops":["192.168.1.97"]}}', ...asCollector];
  assert.equal(await refused(change), refusalOf("NodeSubnet", name));
  const finalizers = '--patch={"metadata":{"finalizers":["foregroundDeletion"]}}';
  await must(["patch", "nodesubnet", name, "--type=merge", finalizers, ...asCollector]);
  await must(["patch", "nodesubnet", name, "--type=merge", '--patch={"metadata":{"finalizers":null}}', ...asCollector]);
  assert.equal(await must(["delete", "nodesubnet", name, ...asCollector]), "");
});

test("the audit log has who broke the glass, of what, and why; and nothing else of the guard's", async () => {
  const server = await startAuditedApiServer(lab);
  const name = "10.244.7.0-24";
  const [annotate = [], remove = []] = commandsBelow("docs/operations.md", "Changing what podnet writes").map(
    ([, ...words]) => words,
  );
  await waitUntil("the guard to be in force there, too", 20_000, async () => {
    const { code } = await server.kubectl(["delete", "--dry-run=server", "nodesubnet", name]);
    return code !== 0 || undefined;
  });
  await server.kubectl(["label", "nodesubnet", name, "team=blue"]);
  await server.kubectl(annotate);
  await server.kubectl(["label", "nodesubnet", name, "team-"]);
  await server.kubectl([...remove, "--as=alice", "--as-group=system:masters"]);
  const said = await waitUntil("the audit log", 20_000, async () => {
    const found = (await server.audited()).flatMap((event) => event.annotations?.["podnet-claim-guard/break-glass"] ?? []);
    return found.length >= 2 ? found : undefined;
  });
  assert.deepEqual(said, [
    `kubernetes-admin UPDATE NodeSubnet/${name}: ticket 4711: node-7 burnt down`,
    `alice DELETE NodeSubnet/${name}: ticket 4711: node-7 burnt down`,
  ]);
  await server.stop();
});

test("the kinds can be removed with all their objects, so podnet can be uninstalled", async () => {
  for (const crd of ["nodesubnets", "nodenetworks", "rangeledgers"])
    await must(["delete", "crd", `${crd}.podnet.dev`, "--timeout=30s"]);
});

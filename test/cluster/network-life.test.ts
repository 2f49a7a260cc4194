// What becomes of a network over its life, on real kubelets, with pods that ping each other all the while.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import { TEST_IMAGE } from "../../lab/image/test-image.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { type RunningPodnet, startAgent, startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { containsPrefix, prefixAround, toPrefix } from "../../lib/net/prefix.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { backUpEtcd } from "../support/etcd.ts";
import { labName } from "../support/lab-name.ts";
import { mistakesOf } from "../support/log-mistakes.ts";
import { type PingStream, startPings } from "../support/pod-traffic.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;
let podnet: RunningPodnet;
let pods: readonly Pod[] = [];

const first = { cidr: "10.244.0.0/24", nodePrefixLength: 28 };
const second = { cidr: "10.245.0.0/24", nodePrefixLength: 28 };
const three = ["node-1", "node-2", "node-3"];

before(async () => {
  lab = await startLab(threeNodes(labName("network-life")));
  podnet = await startPodnet(lab);
  await applyObject(lab, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    metadata: { name: "default" },
    spec: {
      ranges: [first],
      // Free again once the nodes have theirs: whoever forgets what nodes have gives them these.
      reserved: [{ cidr: "10.244.0.0/26" }],
      // A node has 13 addresses and one pod: the next handful makes it short.
      growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 10 },
      release: { holdSeconds: 2 },
      rollout: { maxUnavailableNodes: 1 },
    },
  });
  await untilReady();
  await patchNetwork({ spec: { reserved: null } });
  await applyObject(lab, testDaemonSet("one"));
  pods = await readyPods(lab, "one", 3);
});
after(() => lab?.stop());

function read(args: readonly string[]): Promise<string> {
  return succeed(lab.kubectl(args));
}

async function untilReady(): Promise<void> {
  await read(["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]);
}

async function patchNetwork(patch: object): Promise<void> {
  await read(["patch", "podnetwork", "default", "--type=merge", `--patch=${JSON.stringify(patch)}`]);
}

async function items<T>(plural: string): Promise<readonly T[]> {
  const { items }: { readonly items: readonly T[] } = JSON.parse(await read(["get", plural, "--output=json"]));
  return items;
}

/** e.g. `["node-1 10.244.0.0/28"]`; a state other than Active follows. */
async function owners(): Promise<string[]> {
  const claims = await items<NodeSubnet>("nodesubnets");
  return claims
    .map(({ spec }) => `${spec.node} ${spec.cidr}${spec.state === "Active" ? "" : ` ${spec.state}`}`)
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function recordOf(node: string): Promise<NodeNetwork> {
  return JSON.parse(await read(["get", "nodenetwork", node, "--output=json"]));
}

/** Whether its agent has done all that the node was told. */
async function isProgrammed(node: string): Promise<boolean> {
  const { spec, status } = await recordOf(node);
  return status?.configGeneration === spec.configGeneration;
}

/** Nodes that leave a range at this moment. */
async function draining(): Promise<string[]> {
  const records = await items<NodeNetwork>("nodenetworks");
  return records
    .filter(({ spec }) => spec.subnets.some(({ state }) => state === "Draining"))
    .map(({ metadata }) => metadata.name);
}

async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 40_000): Promise<void> {
  await waitUntil(what, timeoutMs, async () => (await holds()) || undefined, 200);
}

/** A pod of its own on a node, ready. */
async function startPod(name: string, node: string): Promise<Pod> {
  const container = { name: "test", image: TEST_IMAGE, imagePullPolicy: "Never" };
  await applyObject(lab, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: { nodeName: node, automountServiceAccountToken: false, containers: [container] },
  });
  const [pod] = await readyPods(lab, name, 1);
  return pod ?? assert.fail();
}

function assertIn({ cidr }: { readonly cidr: string }, { name, addresses: [address = ""] }: Pod): void {
  const parsed = parseAddress(address) ?? assert.fail(`${name} has no address`);
  assert.ok(containsPrefix(toPrefix(cidr), prefixAround(parsed, 32)), `${name} has ${address}`);
}

/** Pings between the pods of all nodes, while something happens: none may be lost. */
async function whilePinging(what: () => Promise<void>): Promise<void> {
  const streams = await Promise.all(pods.map((pod, index) => pingsTo(pod, pods[(index + 1) % pods.length])));
  await what();
  await Promise.all(streams.map(assertNoneLost));
}

function pingsTo(from: Pod | undefined, to: Pod | undefined): Promise<PingStream> {
  return startPings(lab, from ?? assert.fail(), to?.addresses[0] ?? assert.fail());
}

async function assertNoneLost(stream: PingStream): Promise<void> {
  const { sent, received } = await stream.end();
  assert.ok(sent > 0);
  assert.equal(received, sent, `${sent - received} of ${sent} packets from ${stream.name} were lost`);
}

test("a node short of addresses gets another subnet; bridge and configuration follow, and no packet is lost", async () => {
  await whilePinging(async () => {
    const extra = await Promise.all([1, 2, 3].map((index) => startPod(`extra-${index}`, "node-1")));
    await until("a second subnet of node-1", async () => (await recordOf("node-1")).spec.subnets.length === 2);
    await until("its agent to have done so", () => isProgrammed("node-1"));
    const { spec } = await recordOf("node-1");
    const node = lab.host("node-1");
    const { stdout: addresses } = await node.run(["ip", "-brief", "address", "show", "cni0"]);
    const { stdout: conflist } = await node.run(["cat", "/etc/cni/net.d/10-podnet.conflist"]);
    for (const { cidr } of spec.subnets) {
      const gateway = cidr.replace(/(\d+)\/28$/, (_, last) => `${Number(last) + 1}/28`);
      assert.ok(addresses.includes(gateway), addresses);
      assert.ok(conflist.includes(`"${cidr}"`), conflist);
    }
    assert.equal((await recordOf("node-2")).spec.subnets.length, 1);
    await read(["delete", "pods", "--now", ...extra.map(({ name }) => name)]);
  });
});

test("all NodeSubnets, the ledger and NodeNetworks are deleted at once: nobody is renumbered, and no packet is lost", async () => {
  const before = await owners();
  await whilePinging(async () => {
    const everything = ["nodesubnets,rangeledgers,nodenetworks", "--all"];
    const refused = await lab.kubectl(["delete", ...everything, "--wait=false"]);
    assert.match(refused.stderr, /annotate it first: podnet\.dev\/break-glass=REASON/);
    assert.deepEqual(await owners(), before);
    await read(["annotate", ...everything, "podnet.dev/break-glass=a test"]);
    await read(["delete", ...everything, "--wait=false"]);
    await until("every claim to be back", async () => (await owners()).join() === before.join());
    await until("the end of the recovery", async () => {
      const [ledger] = await items<RangeLedger>("rangeledgers");
      return ledger !== undefined && ledger.spec.recovery === undefined;
    });
    await untilReady();
  });
  assert.deepEqual(await owners(), before);
  await until("the Events of it", async () => {
    const { stdout } = await lab.kubectl(["events", "--types=Warning"]);
    return stdout.includes("RecoveryBarrier") && stdout.includes("LossRepaired");
  });
});

test("etcd is restored from a backup of before a node got its second subnet: it keeps that, nobody is renumbered, and no packet is lost", async () => {
  const restore = await backUpEtcd(lab);
  await Promise.all([1, 2, 3].map((index) => startPod(`late-${index}`, "node-2")));
  await until("a second subnet of node-2", async () => (await recordOf("node-2")).spec.subnets.length === 2);
  await until("its agent to have done so", () => isProgrammed("node-2"));
  const before = await owners();
  await whilePinging(async () => {
    await podnet.operator.kill();
    await restore();
    assert.equal((await owners()).length, before.length - 1, "the backup knows nothing of the second subnet");
    // As docs/allocation.md asks for, and Kubernetes of its own parts.
    const kubelets = three.map((name) => lab.kubernetesNode(name).kubelet);
    for (const service of [podnet.operator, podnet.webhook, ...podnet.agents.values(), ...kubelets]) {
      await service.kill();
      await service.start();
    }
    await until("every claim to be back", async () => (await owners()).join() === before.join());
    await until("node-2 to be told of it again", async () => (await recordOf("node-2")).spec.subnets.length === 2);
    await untilReady();
  });
  await until("the kubelet to end the pods that the backup does not know", async () => {
    const { stdout } = await lab.host("node-2").run(["ls", "/run/netns"]);
    return stdout.trim().split("\n").length === 1;
  });
  assert.deepEqual(await owners(), before);
});

test("a Node that is deleted and registered again by its kubelet has the subnet it had, and no packet is lost", async () => {
  const before = await owners();
  const node = lab.kubernetesNode("node-3");
  await patchNetwork({ spec: { release: { holdSeconds: 60 } } });
  await whilePinging(async () => {
    await read(["delete", "node", "node-3"]);
    await until("its claim to rest", async () => (await owners()).some((owner) => /^node-3 .* Held$/.test(owner)));
    await node.kubelet.kill();
    await node.kubelet.start();
    // The token of the agent before is that of the Node before.
    await podnet.agents.get("node-3")?.kill();
    await startAgent(lab, node.host);
    await until("its claim to be back", async () => (await owners()).join() === before.join());
    const uid = await read(["get", "node", "node-3", "--output=jsonpath={.metadata.uid}"]);
    await until("its NodeNetwork to be that of the new Node", async () => (await recordOf("node-3")).status?.nodeUID === uid);
    await untilReady();
  });
  await patchNetwork({ spec: { release: { holdSeconds: 2 } } });
});

test("a range is drained node by node: pods there are reached until they are deleted, new ones are elsewhere, and no packet is lost", async () => {
  const toOld = await whileDraining("node-1");
  assert.deepEqual(await draining(), ["node-1"]);
  await assertNoneLost(toOld);
  await patchNetwork({ spec: { rollout: { maxUnavailableNodes: "100%" } } });
  await until("the other nodes to move off", async () => (await draining()).length === 3);
  for (const node of three) await until("its agent to have done so", () => isProgrammed(node));
  const [one, two] = [await startPod("young-2", "node-2"), await startPod("young-3", "node-3")];
  for (const pod of [one, two]) assertIn(second, pod);
  const young = await Promise.all([pingsTo(one, two), pingsTo(two, one), pingsTo(one, pods[2])]);
  const [among, back, toLast] = young;
  assert.ok(among && back && toLast);
  await read(["delete", "pods", "--now", pods[0]?.name ?? "", pods[1]?.name ?? ""]);
  await until("node-1 and node-2 to have left", async () => (await draining()).join() === "node-3");
  await assertNoneLost(toLast);
  await read(["delete", "pods", "--now", pods[2]?.name ?? ""]);
  await until("the old range to be empty", async () => (await owners()).every((owner) => owner.includes(" 10.245.")));
  await Promise.all([among, back].map(assertNoneLost));
  pods = await readyPods(lab, "one", 3);
  for (const pod of pods) assertIn(second, pod);
  await untilReady();
});

/** Begins the drain; gives pings from a new pod of the node to an old one beside it. */
async function whileDraining(node: string): Promise<PingStream> {
  let stream: PingStream | undefined;
  await whilePinging(async () => {
    await patchNetwork({ spec: { ranges: [{ ...first, state: "Draining" }, second] } });
    await until(`${node} to move off`, async () => (await draining()).length > 0);
    await until("its agent to have done so", () => isProgrammed(node));
    const young = await startPod("young-1", node);
    assertIn(second, young);
    stream = await pingsTo(young, pods[0]);
  });
  return stream ?? assert.fail();
}

test("a live network is deleted only when that is confirmed, then serves the pods it has and says what it waits for", async () => {
  await whilePinging(async () => {
    const refused = await lab.kubectl(["delete", "podnetwork", "default", "--wait=false"]);
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      /PodNetwork\/default is in use; 3 nodes have pods in it: .*podnet\.dev\/confirm-delete=default/s,
    );
    await read(["annotate", "podnetwork", "default", "podnet.dev/confirm-delete=default"]);
    await read(["delete", "podnetwork", "default", "--wait=false"]);
    const blocked = await waitUntil("what it waits for", 20_000, async () => {
      const { status }: PodNetwork = JSON.parse(await read(["get", "podnetwork", "default", "--output=json"]));
      return status?.blockedBy;
    });
    assert.deepEqual(
      blocked.map(({ kind, name }) => `${kind} ${name}`).toSorted(),
      three.map((name) => `Node ${name}`),
    );
    const { addresses } = await startPod("late", "node-2");
    assert.match(addresses[0] ?? "", /^10\.245\.0\./);
    const ready = ["get", "podnetwork", "default", "--output=jsonpath={.status.conditions[?(@.type=='Ready')].reason}"];
    await until("it to say so", async () => (await read(ready)) === "Terminating");
  });
});

test("podnet logged nothing that tells of a mistake in it", () => {
  assert.deepEqual(mistakesOf(podnet), []);
});

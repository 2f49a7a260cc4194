// What becomes of a network over its life, on real kubelets, with pods that ping each other all the while.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PodNetwork } from "../../crds/types.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { type RunningPodnet, startAgent, startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { backUpEtcd } from "../support/etcd.ts";
import { labName } from "../support/lab-name.ts";
import { mistakesOf } from "../support/log-mistakes.ts";
import { assertIn, assertNoneLost, type NetworkLife, networkLife, ownKinds } from "../support/network-life.ts";
import type { PingStream } from "../support/pod-traffic.ts";

let lab: Lab;
let podnet: RunningPodnet;
let life: NetworkLife;
let pods: readonly Pod[] = [];

const first = { cidr: "10.244.0.0/24", nodePrefixLength: 28 };
const second = { cidr: "10.245.0.0/24", nodePrefixLength: 28 };
const third = { cidr: "10.246.0.0/24", nodePrefixLength: 28 };
const three = ["node-1", "node-2", "node-3"];

before(async () => {
  lab = await startLab({ ...threeNodes(labName("network-life")), silenceSeconds: 12 });
  podnet = await startPodnet(lab);
  life = networkLife(lab);
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
  await life.untilReady();
  await life.patchNetwork({ spec: { reserved: null } });
  await applyObject(lab, testDaemonSet("one"));
  pods = await readyPods(lab, "one", 3);
});
after(() => lab?.stop());

test("a node short of addresses gets another subnet; bridge and configuration follow, and no packet is lost", async () => {
  await life.whilePinging(pods, async () => {
    const extra = await Promise.all([1, 2, 3].map((index) => life.startPod(`extra-${index}`, "node-1")));
    await life.until("a second subnet of node-1", async () => (await life.recordOf("node-1")).spec.subnets.length === 2);
    await life.untilProgrammed("node-1");
    const { spec } = await life.recordOf("node-1");
    const node = lab.host("node-1");
    const { stdout: addresses } = await node.run(["ip", "-brief", "address", "show", "cni0"]);
    const { stdout: conflist } = await node.run(["cat", "/etc/cni/net.d/10-podnet.conflist"]);
    for (const { cidr } of spec.subnets) {
      const gateway = cidr.replace(/(\d+)\/28$/, (_, last) => `${Number(last) + 1}/28`);
      assert.ok(addresses.includes(gateway), addresses);
      assert.ok(conflist.includes(`"${cidr}"`), conflist);
    }
    assert.equal((await life.recordOf("node-2")).spec.subnets.length, 1);
    await life.read(["delete", "pods", "--now", ...extra.map(({ name }) => name)]);
  });
});

test("the ledger, NodeSubnets and NodeNetworks are deleted, two kinds at once and all: nobody is renumbered, and no packet is lost", async () => {
  const before = await life.owners();
  await life.whilePinging(pods, async () => {
    const refused = await lab.kubectl(["delete", ownKinds.join(), "--all", "--wait=false"]);
    assert.match(refused.stderr, /annotate it first: podnet\.dev\/break-glass=REASON/);
    assert.deepEqual(await life.owners(), before);
    for (const kept of ["nodesubnets", "nodenetworks", "rangeledgers", "nothing"]) {
      await life.deleteOwn(ownKinds.filter((kind) => kind !== kept));
      await life.untilRepaired(before);
    }
  });
  assert.deepEqual(await life.owners(), before);
  await life.until("the Events of it", async () => {
    const { stdout } = await lab.kubectl(["events", "--types=Warning"]);
    return stdout.includes("RecoveryBarrier") && stdout.includes("LossRepaired");
  });
});

test("etcd is restored from a backup of before a node got its second subnet: it keeps that, nobody is renumbered, and no packet is lost", async () => {
  const restore = await backUpEtcd(lab);
  await Promise.all([1, 2, 3].map((index) => life.startPod(`late-${index}`, "node-2")));
  await life.until("a second subnet of node-2", async () => (await life.recordOf("node-2")).spec.subnets.length === 2);
  await life.untilProgrammed("node-2");
  const before = await life.owners();
  await life.whilePinging(pods, async () => {
    await podnet.operator.kill();
    await restore();
    assert.equal((await life.owners()).length, before.length - 1, "the backup knows nothing of the second subnet");
    // As docs/allocation.md asks for, and Kubernetes of its own parts.
    const kubelets = three.map((name) => lab.kubernetesNode(name).kubelet);
    const services = [podnet.operator, podnet.webhook, ...podnet.agents.values(), ...kubelets];
    await Promise.all(
      services.map(async (service) => {
        await service.kill();
        await service.start();
      }),
    );
    await life.until("every claim to be back", async () => (await life.owners()).join() === before.join());
    await life.until("node-2 to be told of it again", async () => (await life.recordOf("node-2")).spec.subnets.length === 2);
    await life.untilReady();
  });
  await life.until("the kubelet to end the pods that the backup does not know", async () => {
    const { stdout } = await lab.host("node-2").run(["ls", "/run/netns"]);
    return stdout.trim().split("\n").length === 1;
  });
  assert.deepEqual(await life.owners(), before);
});

test("a Node that is deleted and registered again by its kubelet has the subnet it had, and no packet is lost", async () => {
  const before = await life.owners();
  const node = lab.kubernetesNode("node-3");
  await life.patchNetwork({ spec: { release: { holdSeconds: 60 } } });
  await life.whilePinging(pods, async () => {
    await life.read(["delete", "node", "node-3"]);
    await life.until("its claim to rest", async () => (await life.owners()).some((owner) => /^node-3 .* Held$/.test(owner)));
    await node.kubelet.kill();
    await node.kubelet.start();
    // The token of the agent before is that of the Node before.
    await podnet.agents.get("node-3")?.kill();
    await startAgent(lab, node.host);
    await life.until("its claim to be back", async () => (await life.owners()).join() === before.join());
    const uid = await life.read(["get", "node", "node-3", "--output=jsonpath={.metadata.uid}"]);
    await life.until(
      "its NodeNetwork to be that of the new Node",
      async () => (await life.recordOf("node-3")).status?.nodeUID === uid,
    );
    await life.untilReady();
  });
  await life.patchNetwork({ spec: { release: { holdSeconds: 2 } } });
});

test("podnet's own objects are restored, in the middle of a drain, from before its range was appended and a node joined: nobody is renumbered, and no packet is lost", async () => {
  const backup = await life.backUpOwn();
  const toOld = await whileDraining("node-1");
  const before = await life.owners();
  await life.whilePinging(pods, async () => {
    await podnet.operator.kill();
    await life.deleteOwn(ownKinds);
    await life.createOwn(backup.filter(({ spec, metadata }) => ![spec.node, metadata.name].includes("node-3")));
    assert.ok((await life.owners()).every((owner) => !owner.startsWith("node-3") && !owner.includes(" 10.245.")));
    await podnet.operator.start();
    await life.untilRepaired(before);
  });
  await assertNoneLost(toOld);
  assert.deepEqual([await life.draining(), await life.owners()], [["node-1"], before]);
});

test("a range is drained node by node: pods there are reached until they are deleted, new ones are elsewhere, and no packet is lost", async () => {
  await life.patchNetwork({ spec: { rollout: { maxUnavailableNodes: "100%" } } });
  await life.until("the other nodes to move off", async () => (await life.draining()).length === 3);
  for (const node of three) await life.untilProgrammed(node);
  const [one, two] = [await life.startPod("young-2", "node-2"), await life.startPod("young-3", "node-3")];
  for (const pod of [one, two]) assertIn(second, pod);
  const young = await Promise.all([life.pingsTo(one, two), life.pingsTo(two, one), life.pingsTo(one, pods[2])]);
  const [among, back, toLast] = young;
  assert.ok(among && back && toLast);
  await life.read(["delete", "pods", "--now", pods[0]?.name ?? "", pods[1]?.name ?? ""]);
  await life.until("node-1 and node-2 to have left", async () => (await life.draining()).join() === "node-3");
  await assertNoneLost(toLast);
  await life.read(["delete", "pods", "--now", pods[2]?.name ?? ""]);
  await life.until("the old range to be empty", async () => (await life.owners()).every((owner) => owner.includes(" 10.245.")));
  await assertNoneLost(among, back);
  pods = await readyPods(lab, "one", 3);
  for (const pod of pods) assertIn(second, pod);
  await life.untilReady();
});

/** Begins the drain; gives pings from a new pod of the node to an old one beside it. */
async function whileDraining(node: string): Promise<PingStream> {
  let stream: PingStream | undefined;
  await life.whilePinging(pods, async () => {
    await life.patchNetwork({ spec: { ranges: [{ ...first, state: "Draining" }, second] } });
    await life.until(`${node} to move off`, async () => (await life.draining()).length > 0);
    await life.untilProgrammed(node);
    const young = await life.startPod("young-1", node);
    assertIn(second, young);
    stream = await life.pingsTo(young, pods[0]);
  });
  return stream ?? assert.fail();
}

test("a drain goes past a node that is off, which is drained when it is on again, and no packet is lost on the others", async () => {
  const [one, two, last] = pods;
  const node = lab.kubernetesNode("node-2");
  await life.read(["delete", "pods", "--now", "young-1", "young-2", "young-3"]);
  const toAndFro = [await life.pingsTo(one, last), await life.pingsTo(last, one)];
  await node.machine.powerOff();
  const ranges = [{ ...second, state: "Draining" }, third];
  await life.patchNetwork({ spec: { ranges, rollout: { maxUnavailableNodes: 1 } } });
  const movedOne = await movedPod("node-1");
  const toLast = await life.pingsTo(movedOne, last);
  await assertNoneLost(...toAndFro);
  await life.read(["delete", "pods", "--now", one?.name ?? ""]);
  const movedLast = await movedPod("node-3");
  const ready = ["get", "node", "node-2", "--output=jsonpath={.status.conditions[?(@.type=='Ready')].status}"];
  assert.equal(await life.read(ready), "Unknown", "its place is given on for its silence");
  const among = [await life.pingsTo(movedOne, movedLast), await life.pingsTo(movedLast, movedOne)];
  await assertNoneLost(toLast);
  await life.read(["delete", "pods", "--now", last?.name ?? ""]);
  await life.until("both others to have left, and node-2 to have what it had", async () => {
    const used = (await life.owners()).filter((owner) => owner.includes(" 10.245.") && !owner.endsWith(" Held"));
    return used.length > 0 && used.every((owner) => owner.startsWith("node-2 "));
  });
  await node.reboot();
  await podnet.agents.get("node-2")?.start();
  await life.until("node-2 to move off", async () => (await life.recordOf("node-2")).spec.subnets.some(isThird));
  await life.untilProgrammed("node-2");
  await life.read(["delete", "pods", "--now", two?.name ?? ""]);
  await life.until("the old range to be empty", async () => (await life.owners()).every((owner) => owner.includes(" 10.246.")));
  await assertNoneLost(...among);
  pods = await readyPods(lab, "one", 3);
  for (const pod of pods) assertIn(third, pod);
  await life.untilReady();
});

function isThird({ cidr }: { readonly cidr: string }): boolean {
  return cidr.startsWith("10.246.");
}

/** A new pod of a node that shall leave its range: it is elsewhere already. */
async function movedPod(node: string): Promise<Pod> {
  await life.until(`${node} to move off`, async () => (await life.draining()).includes(node));
  await life.untilProgrammed(node);
  const pod = await life.startPod(`moved-from-${node}`, node);
  assertIn(third, pod);
  return pod;
}

test("a live network is deleted only when that is confirmed, then serves the pods it has and says what it waits for", async () => {
  await life.whilePinging(pods, async () => {
    const refused = await lab.kubectl(["delete", "podnetwork", "default", "--wait=false"]);
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      /PodNetwork\/default is in use; 3 nodes have pods in it: .*podnet\.dev\/confirm-delete=default/s,
    );
    await life.read(["annotate", "podnetwork", "default", "podnet.dev/confirm-delete=default"]);
    await life.read(["delete", "podnetwork", "default", "--wait=false"]);
    const blocked = await waitUntil("what it waits for", 20_000, async () => {
      const { status }: PodNetwork = JSON.parse(await life.read(["get", "podnetwork", "default", "--output=json"]));
      return status?.blockedBy;
    });
    assert.deepEqual(
      blocked.map(({ kind, name }) => `${kind} ${name}`).toSorted(),
      three.map((name) => `Node ${name}`),
    );
    const { addresses } = await life.startPod("late", "node-2");
    assert.match(addresses[0] ?? "", /^10\.246\.0\./);
    const ready = ["get", "podnetwork", "default", "--output=jsonpath={.status.conditions[?(@.type=='Ready')].reason}"];
    await life.until("it to say so", async () => (await life.read(ready)) === "Terminating");
  });
});

test("podnet logged nothing that tells of a mistake in it", () => {
  assert.deepEqual(mistakesOf(podnet), []);
});

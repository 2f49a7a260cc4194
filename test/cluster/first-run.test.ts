// podnet on three real nodes: the story in both families, and what bad days do to it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { networkSections } from "../../lab/demo/network-sections.ts";
import { nodeSections } from "../../lab/demo/node-sections.ts";
import { outsideSection } from "../../lab/demo/outside-section.ts";
import { podSection, reachSections } from "../../lab/demo/pod-sections.ts";
import type { Section } from "../../lab/demo/section.ts";
import { serviceSections } from "../../lab/demo/service-section.ts";
import type { Situation } from "../../lab/demo/situation.ts";
import { tellStory } from "../../lab/demo/tell-story.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { TEST_IMAGE } from "../../lab/image/test-image.ts";
import { applyObject, readyPods } from "../../lab/pod.ts";
import { askSource } from "../../lab/reach.ts";
import { type RunningPodnet, startAgent, startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { quietProgress } from "../../tools/progress.ts";
import { labName } from "../support/lab-name.ts";
import { mistakesOf } from "../support/log-mistakes.ts";
import { startPings } from "../support/pod-traffic.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;
let situation: Situation;
let podnet: RunningPodnet;

before(async () => {
  lab = await startLab(threeNodes(labName("first-run")));
  situation = await tellStory(lab, "dual-stack", quietProgress(), async () => (podnet = await startPodnet(lab)));
});
after(() => lab?.stop());

const latePod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "late", namespace: "default" },
  spec: {
    nodeName: "node-3",
    automountServiceAccountToken: false,
    containers: [{ name: "test", image: TEST_IMAGE, imagePullPolicy: "Never" }],
  },
};

function assertRight(sections: readonly Section[]): void {
  assert.ok(sections.some((section) => section.verdicts.length > 0));
  for (const { title, output, verdicts } of sections)
    for (const { ok, found } of verdicts) assert.ok(ok, `${title}: not so: ${found}\n${output}`);
}

function read(args: readonly string[]): Promise<string> {
  return succeed(lab.kubectl(args));
}

function untilReady(): Promise<string> {
  return read(["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]);
}

/** Waits until the pod of one node is reached in both families by that of another, and gives its addresses. */
function untilReached(node: string, from: string): Promise<readonly string[]> {
  return waitUntil(`the pod of ${node} to be reached in both families`, 90_000, async () => {
    const pods = await readyPods(lab, "here", 3);
    const [asking, asked] = [from, node].map((name) => pods.find((pod) => pod.node === name));
    assert.ok(asking && asked);
    const seen = await Promise.all(asked.addresses.map((address) => askSource(asking, address).catch(() => undefined)));
    return seen.every((answer) => answer?.by === asked.name) ? asked.addresses : undefined;
  });
}

test("a PodNetwork of both families becomes one subnet of each per node, and every kind tells the truth", async () => {
  assertRight(await networkSections(situation));
});

test("every node has its bridge, its routes, its configuration and its condition", async () => {
  assertRight(await nodeSections(situation));
});

test("pods reach pods, also through a Service, and nodes reach pods without NAT, and what leaves is masqueraded, in both families", async () => {
  assertRight([await podSection(situation), ...(await reachSections(situation)), await outsideSection(situation)]);
  assertRight(await serviceSections(situation));
});

test("operator, webhook, agents, kubelets and the API server are killed: of a hundred packets a second between all pods none is lost, and everything converges", async (t) => {
  const { operator, webhook, agents } = podnet;
  const { pods } = situation;
  // A ping and its answer are one packet each way, so each pair is asked once.
  const pairs = pods.flatMap((from, n) =>
    pods.slice(n + 1).flatMap(({ addresses }) => addresses.map((to) => [from, to] as const)),
  );
  const streams = await Promise.all(pairs.map(([from, to]) => startPings(lab, from, to, 100)));
  const kubelets = lab.nodes.map(({ name }) => lab.kubernetesNode(name).kubelet);
  const ours = [operator, webhook, ...agents.values()];
  await Promise.all([...ours, ...kubelets].map((process) => process.kill()));
  await lab.controlPlane.kill("kube-apiserver");
  // Agents begin while there is no API server.
  await Promise.all([...[...agents.values()].map((agent) => agent.start()), lab.controlPlane.start("kube-apiserver")]);
  await Promise.all([operator, webhook, ...kubelets].map((process) => process.start()));
  await untilReady();
  const seen = await Promise.all(streams.map((stream) => stream.end()));
  const sent = seen.reduce((sum, stream) => sum + stream.sent, 0);
  t.diagnostic(`${sent} packets between ${pods.length} pods`);
  assert.deepEqual(
    seen.map((stream, n) => `${streams[n]?.name}: ${stream.sent - stream.received} lost`),
    streams.map(({ name }) => `${name}: 0 lost`),
  );
  assertRight(await networkSections(situation));
});

test("what the agent programmed and somebody removed comes back", async () => {
  const [node] = lab.nodes;
  assert.ok(node);
  await node.run(["ip", "route", "del", "10.244.2.0/24"]);
  await node.run(["ip", "address", "del", "10.244.1.1/24", "dev", "cni0"]);
  await node.run(["rm", "/etc/cni/net.d/10-podnet.conflist"]);
  const shows = async (argv: readonly string[], text: string): Promise<true | undefined> =>
    (await node.run(argv)).stdout.includes(text) || undefined;
  await waitUntil("the route to node-2", 10_000, () => shows(["ip", "route", "show", "10.244.2.0/24"], " via 192.168.1.12 "));
  await waitUntil("the gateway's address", 10_000, () => shows(["ip", "address", "show", "cni0"], "10.244.1.1/24"));
  await waitUntil("the CNI configuration", 10_000, () => shows(["ls", "/etc/cni/net.d"], "10-podnet.conflist"));
  assertRight(await reachSections(situation));
});

test("pods that vanish while their runtime is dead leave no address behind, and come back with other ones", async () => {
  const { host, kubelet, containerd } = lab.kubernetesNode("node-1");
  const run = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await host.run(argv);
    assert.equal(code, 0, `${argv.join(" ")}: ${stderr}`);
    return stdout;
  };
  const leases = async () =>
    (await run("ls", "/var/lib/cni/networks/podnet")).split("\n").filter((name) => name.startsWith("10.244.1."));
  const before = await leases();
  assert.ok(before.length > 0);
  await Promise.all([kubelet.kill(), containerd.kill()]);
  const processes = (await run("ps", "-e", "-o", "pid=,comm=")).split("\n").map((line) => line.trim().split(/ +/));
  const ofPods = processes.filter(([, name = ""]) => /^(containerd-shim.*|pause|serve)$/.test(name)).map(([pid = ""]) => pid);
  await run("kill", "-9", ...ofPods);
  for (const name of (await run("ls", "/run/netns")).split("\n").filter((one) => one.startsWith("cni-"))) {
    await run("umount", `/run/netns/${name}`);
    await run("rm", `/run/netns/${name}`);
  }
  await waitUntil("the leases to be taken back", 40_000, async () => (await leases()).length === 0 || undefined);
  await containerd.start();
  await kubelet.start();
  const told = ["get", "nodenetwork", "node-1", "--output=jsonpath={.status.leaks.collectedTotal}"];
  await waitUntil("it to be told", 20_000, async () => Number(await read(told)) === 2 * before.length || undefined);
  for (const address of await untilReached("node-1", "node-2"))
    assert.ok(!before.includes(address), `${address} is one of before`);
});

test("a removed node keeps its claims while its Node object exists; then they and the routes to it go, and it can come back", async (t) => {
  const node = lab.kubernetesNode("node-3");
  const agent = podnet.agents.get("node-3") ?? assert.fail();
  const claimsOfNode3 = async (): Promise<string[]> =>
    (await read(["get", "nodesubnets", "--output=jsonpath={range .items[?(@.spec.node=='node-3')]}{.metadata.name} {end}"]))
      .split(" ")
      .filter((name) => name !== "");
  await read(["patch", "podnetwork", "default", "--type=merge", '--patch={"spec":{"release":{"holdSeconds":2}}}']);
  await Promise.all([node.kubelet.kill(), agent.kill()]);
  await read(["patch", "node", "node-3", "--type=merge", '--patch={"metadata":{"finalizers":["example.com/hold"]}}']);
  await read(["delete", "node", "node-3", "--wait=false"]);
  await read(["annotate", "podnetwork", "default", "touched=once"]);
  assert.equal((await claimsOfNode3()).length, 2, "a Node that is only being deleted keeps its claims");
  await read(["patch", "node", "node-3", "--type=merge", '--patch={"metadata":{"finalizers":null}}']);
  // The agent went without a word: ten times the hold, and then until the operator looks again by itself, every 30 s.
  await waitUntil("the claims of node-3 to be released", 80_000, async () => (await claimsOfNode3()).length === 0 || undefined);
  const [peer] = lab.nodes;
  assert.ok(peer);
  await waitUntil("the routes to node-3 to go", 10_000, async () => {
    const routes =
      (await peer.run(["ip", "route", "show", "proto", "244"])).stdout +
      (await peer.run(["ip", "-6", "route", "show", "proto", "244"])).stdout;
    return (!routes.includes("10.244.3.0/24") && !routes.includes("fd00:10:244:3::/64")) || undefined;
  });
  const began = performance.now();
  await node.kubelet.start();
  // The token of the agent before is that of the Node before.
  await startAgent(lab, node.host);
  await waitUntil("node-3 to have its claims again", 20_000, async () => (await claimsOfNode3()).length === 2 || undefined);
  await applyObject(lab, latePod);
  await read(["wait", "--for=condition=Ready", "pod/late", "--timeout=60s"]);
  t.diagnostic(`from the kubelet's start on a node without claims to a ready pod: ${Math.round(performance.now() - began)} ms`);
  await untilReady();
});

test("a node that reboots has its subnets as before, and its pods come back and are reached", async (t) => {
  const agent = podnet.agents.get("node-2") ?? assert.fail();
  const bootOf = () => read(["get", "node", "node-2", "--output=jsonpath={.status.nodeInfo.bootID}"]);
  const boot = await bootOf();
  const began = performance.now();
  await lab.kubernetesNode("node-2").reboot();
  await agent.start();
  await waitUntil("node-2 to tell of another boot", 60_000, async () => (await bootOf()) !== boot || undefined);
  const addresses = await untilReached("node-2", "node-1");
  t.diagnostic(`from the power cut to the pod's answer: ${Math.round(performance.now() - began)} ms`);
  assert.match(addresses.join(" "), /^10\.244\.2\.\d+ fd00:10:244:2::[0-9a-f]+$/);
  await untilReady();
});

test("podnet logged nothing that tells of a mistake in it", () => {
  assert.deepEqual(mistakesOf(podnet), []);
});

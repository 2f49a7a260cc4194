import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import type { Exec } from "../../lib/linux/exec.ts";
import { readPodVeths } from "../../node-agent/pod-veths.ts";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod, notePod, type Pod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { listenInside, makeSite, problemsOf, sourceSeen } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";

const claims = [...dualClaims(1), ...dualClaims(2)];
const view = viewOf(dualSpec(), claims);

/** A node with two pods that its runtime noted, and a host outside of it. */
async function nodeWithPods(t: TestContext) {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const outside = await site.plug("outside", 99);
  await ip(outside.exec, "route add 10.244.1.0/24 via 192.168.1.11", "route add fd00:10:244:1::/64 via fd00:192:168:1::11");
  assertProgrammed((await node.run(view))[0]);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  for (const pod of [a, b]) {
    await notePod(node.runtime, pod);
    await listenInside(t, pod.netns);
  }
  return { node, outside, a, b };
}

type Place = Awaited<ReturnType<typeof nodeWithPods>>;

/** Fails unless packets go between the pods, and from outside to each of them, in both families. */
async function assertReached({ outside, a, b }: Place): Promise<void> {
  for (const family of [0, 1]) {
    const [atA = "", atB = ""] = [a.addresses[family], b.addresses[family]];
    assert.equal(await sourceSeen(a.netns, atB), atA, "from one pod to the other");
    for (const address of [atA, atB])
      assert.equal(await sourceSeen(outside, address), ["192.168.1.99", "fd00:192:168:1::99"][family], "from outside");
  }
}

/** What a port is on, and its settings there, without what the kernel counts. */
async function portText({ netns }: AgentNode, { port }: Pick<Pod, "port">): Promise<string> {
  const link = await must(netns.exec, ["ip", "-o", "link", "show", "dev", port]);
  const settings = await must(netns.exec, ["bridge", "-d", "link", "show", "dev", port]);
  return `${/ master \S+/.exec(link)?.[0]}${settings.split("\n").slice(1).join("\n")}`;
}

/** A veth of somebody else on the node, that is on nothing, noted of another network under the name it has. */
async function addForeign({ netns, cniStateFolder }: AgentNode): Promise<string> {
  await ip(netns.exec, "link add vethf0e16 type veth peer name theirs", "link set vethf0e16 up");
  const [row] = JSON.parse(await must(netns.exec, ["ip", "-j", "link", "show", "dev", "vethf0e16"])) as { address: string }[];
  const interfaces = [{ name: "vethf0e16", mac: row?.address }];
  const note = { kind: "cniCacheV1", networkName: "theirs", containerId: "1", ifName: "eth0", result: { interfaces } };
  await mkdir(join(cniStateFolder, "results"), { recursive: true });
  await writeFile(join(cniStateFolder, "results/theirs-1-eth0"), JSON.stringify(note));
  return "vethf0e16";
}

test("pods of a bridge that was deleted are on the new one, as they were before, and somebody else's veth stays where it is", async (t) => {
  const place = await nodeWithPods(t);
  const { node, a, b } = place;
  const foreign = { port: await addForeign(node) };
  const texts = () => Promise.all([a, b, foreign].map((port) => portText(node, port)));
  const before = await texts();
  assert.match(before[0] ?? "", / master cni0[^]*hairpin on/);
  await ip(node.netns.exec, "link delete cni0");
  assert.match((await texts())[0] ?? "", /^undefined/, "it hangs loose");
  const [repair, after] = await node.run(view, view);
  assertProgrammed(repair);
  assert.deepEqual(
    stepsOf(repair).filter((step) => step.includes(" port ")),
    [a, b].map(({ port }) => `change port ${port}`).toSorted(byPlaceIn(stepsOf(repair))),
  );
  assert.deepEqual(await texts(), before);
  assert.deepEqual(stepsOf(after), []);
  await assertReached(place);
});

function byPlaceIn(steps: readonly string[]) {
  return (one: string, other: string) => steps.indexOf(one) - steps.indexOf(other);
}

test("pods of a bridge that somebody gave another name are on the new one before that one goes", async (t) => {
  const place = await nodeWithPods(t);
  const { node } = place;
  await ip(node.netns.exec, "link set cni0 down", "link set cni0 name theirs0", "link set theirs0 up");
  const [repair, after] = await node.run(view, view);
  assertProgrammed(repair);
  assert.deepEqual(stepsOf(after), []);
  await assert.rejects(must(node.netns.exec, ["ip", "link", "show", "dev", "theirs0"]), /does not exist/);
  await assertReached(place);
});

test("pods follow where their node's bridge is to have another name", async (t) => {
  const place = await nodeWithPods(t);
  const { cni, ...spec } = dualSpec();
  assertProgrammed((await place.node.run(viewOf({ ...spec, cni: { ...cni, bridge: "br-pods" } }, claims)))[0]);
  assert.match(await portText(place.node, place.a), / master br-pods[^]*hairpin on/);
  await assertReached(place);
});

const newBridge = () => {
  const { cni, ...spec } = dualSpec();
  return viewOf({ ...spec, cni: { ...cni, bridge: "br-pods" } }, claims);
};

test("the old bridge and its gateways stay while it cannot be seen which ports are pods', and go when these were moved", async (t) => {
  const place = await nodeWithPods(t);
  const { node, a, b } = place;
  const results = join(node.cniStateFolder, "results");
  const kept = `${results}-kept`;
  await rename(results, kept);
  await writeFile(results, "no folder");
  const [failed] = await node.run(newBridge());
  assert.match(failed?.kinds.find(({ kind }) => kind === "port")?.unseen ?? "", /ENOTDIR/);
  assert.match(await portText(node, a), / master cni0[^]*hairpin on/);
  await assertReached(place);
  await rm(results);
  await rename(kept, results);
  const [moved, after] = await node.run(newBridge(), newBridge());
  assertProgrammed(moved);
  assert.deepEqual(stepsOf(after), []);
  await assert.rejects(must(node.netns.exec, ["ip", "link", "show", "dev", "cni0"]), /does not exist/);
  // The new bridge has another MAC address, and a pod that has just talked with its gateway would take half a minute to see that.
  for (const pod of [a, b]) await ip(pod.netns.exec, "neighbor flush dev eth0");
  await assertReached(place);
});

test("the old bridge stays for a port that could not be moved, with the gateway's address, and goes with the last one", async (t) => {
  const { node, a, b } = await nodeWithPods(t);
  const { exec } = node.netns;
  // The kernel does not take one of two ports, as where a bridge has as many as it can.
  const refusing: Exec = {
    ...exec,
    run: (argv, stdin) => exec.run(argv, stdin?.replace(`dev ${b.port} master br-pods`, "dev nosuch master br-pods")),
  };
  const podVeths = () => readPodVeths(node.cniStateFolder);
  const want = {
    links: [{ name: "br-pods", type: "bridge", mac: "02:00:00:00:00:17", mtu: 1500, up: true } as const],
    ports: { bridge: "br-pods", hairpin: true },
    addresses: [{ device: "br-pods", address: "10.244.1.1/24" }],
  };
  const moving = async (by: Exec) => (await convergeNode({ exec: by, procSys: "/proc/sys", podVeths }, want)).flatMap(problemsOf);
  assert.match((await moving(refusing)).join(), /^[^,]*Cannot find device "nosuch"$/);
  assert.match(await portText(node, a), / master br-pods/);
  assert.match(await portText(node, b), / master cni0/);
  assert.match(await must(exec, ["ip", "address", "show", "dev", "cni0"]), / 10\.244\.1\.1\/24 /);
  assert.deepEqual(await moving(exec), []);
  assert.match(await portText(node, b), / master br-pods[^]*hairpin on/);
  await assert.rejects(must(exec, ["ip", "link", "show", "dev", "cni0"]), /does not exist/);
});

test("pods of a bridge that somebody gave another name follow to the new one also while the node's uplink is not known", async (t) => {
  const { node, a, b } = await nodeWithPods(t);
  const { exec } = node.netns;
  await ip(exec, "address delete 192.168.1.11/24 dev eth0", "address delete fd00:192:168:1::11/64 dev eth0");
  await ip(exec, "link set cni0 down", "link set cni0 name theirs0", "link set theirs0 up");
  const [mended] = await node.run(view);
  assert.deepEqual(
    mended?.faults.map(({ reason }) => reason),
    ["NoUplink"],
  );
  for (const pod of [a, b]) assert.match(await portText(node, pod), / master cni0[^]*hairpin on/);
});

test("one port that somebody took off the bridge, or turned hairpin off of, is put right", async (t) => {
  const place = await nodeWithPods(t);
  const { node, a, b } = place;
  const before = await Promise.all([a, b].map((pod) => portText(node, pod)));
  await ip(node.netns.exec, `link set ${a.port} nomaster`, `link set ${b.port} type bridge_slave hairpin off`);
  const [repair] = await node.run(view);
  assertProgrammed(repair);
  assert.deepEqual(stepsOf(repair).toSorted(), [`change port ${a.port}`, `change port ${b.port}`].toSorted());
  assert.deepEqual(await Promise.all([a, b].map((pod) => portText(node, pod))), before);
  await assertReached(place);
});

test("a veth that nobody noted, that was noted with another address, or that somebody put on another bridge, is left as it is", async (t) => {
  const { node, a, b } = await nodeWithPods(t);
  const { exec } = node.netns;
  const made = await addPod(t, node.runtime, "being-made");
  await ip(exec, "link add theirs0 type bridge", `link set ${b.port} master theirs0`);
  await ip(exec, `link set ${made.port} nomaster`, `link set ${a.port} nomaster`);
  await ip(exec, `link set ${a.port} address 02:00:00:00:00:77`);
  const [answer] = await node.run(view);
  assertProgrammed(answer);
  assert.deepEqual(stepsOf(answer), []);
  assert.match(await portText(node, b), / master theirs0/);
});

test("notes that cannot be read are asked for only where a port is not as wanted, and keep the node from nothing", async (t) => {
  const { node, a } = await nodeWithPods(t);
  const notes = join(node.cniStateFolder, "results");
  await rm(notes, { recursive: true });
  await symlink("results", notes);
  assertProgrammed((await node.run(view))[0]);
  await ip(node.netns.exec, `link set ${a.port} nomaster`);
  const [answer] = await node.run(view);
  assert.deepEqual(answer?.faults, []);
  assert.match(answer.kinds.find(({ kind }) => kind === "port")?.unseen ?? "", /ELOOP/);
});

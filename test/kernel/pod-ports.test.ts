import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod, notePod, type Pod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { listenInside, makeSite, sourceSeen } from "../support/node-site.ts";
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

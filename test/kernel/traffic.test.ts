import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, must } from "../support/netns.ts";
import { assertConverges, listenInside, makeSite, plugPod, sourceSeen } from "../support/node-site.ts";
import { sampleState } from "../support/node-sample.ts";

const mtu = 1400;
const addressesOf = (node: number, pod: number) => [`10.244.${node}.${pod}/24`, `fd00:10:244:${node}::${pod}/64`];
const bare = (addresses: readonly string[]) => addresses.map((address) => address.split("/")[0] ?? "");

test("pods of two nodes reach each other, the nodes and the outside in both families, and only the outside sees a node's address", async (t) => {
  const site = await makeSite(t);
  const [one, two, outside] = [await site.plug("node-1", 11), await site.plug("node-2", 12), await site.plug("outside", 99)];
  await assertConverges(one, sampleState(1, [2], mtu));
  await assertConverges(two, sampleState(2, [1], mtu));
  const [a, b, c] = [addressesOf(1, 10), addressesOf(1, 11), addressesOf(2, 10)];
  const podA = await plugPod(t, one, "pod-a", a, mtu);
  const podB = await plugPod(t, one, "pod-b", b, mtu);
  const podC = await plugPod(t, two, "pod-c", c, mtu);
  for (const host of [podA, podB, podC, one, two, outside]) await listenInside(t, host);
  const nodeOne = ["192.168.1.11", "fd00:192:168:1::11"];
  const nodeTwo = ["192.168.1.12", "fd00:192:168:1::12"];

  for (const family of [0, 1]) {
    const at = (addresses: readonly string[]) => bare(addresses)[family] ?? "";
    assert.equal(await sourceSeen(podA, at(b)), at(a), "a pod of the same node");
    assert.equal(await sourceSeen(podA, at(c)), at(a), "a pod of another node");
    assert.equal(await sourceSeen(podC, at(a)), at(c), "a pod of another node, the other way");
    assert.equal(await sourceSeen(podA, at(nodeOne)), at(a), "its own node");
    assert.equal(await sourceSeen(podA, at(nodeTwo)), at(a), "another node");
    assert.equal(await sourceSeen(one, at(c)), at(nodeOne), "from a node to a pod");
    assert.equal(await sourceSeen(podA, at(["192.168.1.99", "fd00:192:168:1::99"])), at(nodeOne), "an outside host");
  }

  for (const [bytes, target] of [
    [mtu - 28, bare(c)[0]],
    [mtu - 48, bare(c)[1]],
  ] as const)
    await must(podA.exec, ["busybox", "ping", "-c", "1", "-W", "2", "-s", String(bytes), String(target)]);
});

test("the bridge keeps its MAC address and MTU when a pod with others is plugged in", async (t) => {
  const site = await makeSite(t);
  const node = await site.plug("node-1", 11);
  await assertConverges(node, sampleState(1, [], mtu));
  await plugPod(t, node, "pod-a", addressesOf(1, 10), 1280);
  await assertConverges(node, sampleState(1, [], mtu));
  const [bridge] = JSON.parse(await must(node.exec, ["ip", "-j", "link", "show", "dev", "cni0"])) as {
    address: string;
    mtu: number;
  }[];
  assert.deepEqual({ address: bridge?.address, mtu: bridge?.mtu }, { address: "02:00:00:00:00:01", mtu });
});

test("a bridge whose MTU changes still knows its pods", async (t) => {
  const site = await makeSite(t);
  const node = await site.plug("node-1", 11);
  await assertConverges(node, sampleState(1, [], mtu));
  await ip(
    node.exec,
    "neighbor replace 10.244.1.10 lladdr 02:00:00:00:00:10 dev cni0 nud stale",
    "neighbor replace fd00:10:244:1::10 lladdr 02:00:00:00:00:10 dev cni0 nud stale",
  );
  await assertConverges(node, sampleState(1, [], mtu - 50));
  const known = await must(node.exec, ["ip", "neighbor", "show", "dev", "cni0", "nud", "stale"]);
  assert.match(known, /10\.244\.1\.10 lladdr 02:00:00:00:00:10/);
  assert.match(known, /fd00:10:244:1::10 lladdr 02:00:00:00:00:10/);
});

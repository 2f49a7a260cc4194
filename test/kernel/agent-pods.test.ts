import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod, callPlugins } from "../support/cni.ts";
import { makeNetns, must } from "../support/netns.ts";
import { listenInside, makeSite, sourceSeen } from "../support/node-site.ts";
import { active, claimObject, dualClaims, dualSpec, heldClaims } from "../support/node-view.ts";

const claims = [...dualClaims(1), ...dualClaims(2)];

/** What node N is told. */
function specOf(n: number) {
  return dualSpec({
    nodeUID: `uid-node-${n}`,
    subnets: active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`),
    nodeAddresses: [`192.168.1.${10 + n}`, `fd00:192:168:1::${10 + n}`],
  });
}

test("pods made by the plugins on two nodes reach each other and the outside in both families, and a second run changes nothing", async (t) => {
  const site = await makeSite(t);
  const [one, two] = [
    await agentNode(t, "node-1", await site.plug("node-1", 11)),
    await agentNode(t, "node-2", await site.plug("node-2", 12)),
  ];
  const outside = await site.plug("outside", 99);
  for (const [n, node] of [one, two].entries()) {
    const view = viewOf(specOf(n + 1), claims);
    const [first, second] = await node.run(view, view);
    assertProgrammed(first);
    assertProgrammed(second);
    assert.deepEqual(stepsOf(second), []);
  }
  const [a, b, c] = [
    await addPod(t, one.runtime, "pod-a"),
    await addPod(t, one.runtime, "pod-b"),
    await addPod(t, two.runtime, "pod-c"),
  ];
  assert.deepEqual(
    [a.addresses, c.addresses],
    [
      ["10.244.1.2", "fd00:10:244:1::2"],
      ["10.244.2.2", "fd00:10:244:2::2"],
    ],
  );
  for (const host of [a.netns, b.netns, c.netns, one.netns, two.netns, outside]) await listenInside(t, host);
  const nodeOne = ["192.168.1.11", "fd00:192:168:1::11"];
  const nodeTwo = ["192.168.1.12", "fd00:192:168:1::12"];
  for (const family of [0, 1]) {
    const [atA, atB, atC] = [a, b, c].map((pod) => pod.addresses[family] ?? "");
    assert.ok(atA !== undefined && atB !== undefined && atC !== undefined);
    assert.equal(await sourceSeen(a.netns, atB), atA, "a pod of the same node");
    assert.equal(await sourceSeen(a.netns, atC), atA, "a pod of another node");
    assert.equal(await sourceSeen(a.netns, nodeTwo[family] ?? ""), atA, "another node");
    assert.equal(await sourceSeen(two.netns, atA), nodeTwo[family], "from a node to a pod of another node");
    assert.equal(
      await sourceSeen(a.netns, ["192.168.1.99", "fd00:192:168:1::99"][family] ?? ""),
      nodeOne[family],
      "an outside host",
    );
  }
  const [after] = await one.run(viewOf(specOf(1), claims));
  assert.deepEqual(stepsOf(after), [], "pods on the bridge are no reason to write");
});

test("a node with two subnets gives addresses of the second when the first is full, and its pods reach each other", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const subnets = ["10.244.1.0/30", "10.244.9.0/29"];
  const spec = { ...specOf(1), subnets: active(...subnets) };
  const [first] = await node.run(
    viewOf(
      spec,
      subnets.map((cidr) => claimObject(1, { cidr })),
    ),
  );
  assertProgrammed(first);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  assert.deepEqual([a.addresses, b.addresses], [["10.244.1.2"], ["10.244.9.2"]]);
  await listenInside(t, b.netns);
  assert.equal(await sourceSeen(a.netns, "10.244.9.2"), "10.244.1.2");
});

test("a node whose claims are Held closes its configuration, deletes pods by it, and takes all down after the last", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const serving = viewOf(specOf(1), claims);
  const held = viewOf(specOf(1), [...heldClaims(1), ...dualClaims(2)]);
  const gone = viewOf(undefined, dualClaims(2));
  assertProgrammed((await node.run(serving))[0]);
  const pod = await addPod(t, node.runtime, "pod-a");

  const [closing] = await node.run(held);
  assert.deepEqual(stepsOf(closing), [`change file ${node.runtime.conflist}`]);
  assert.deepEqual(
    closing?.faults.map(({ reason }) => reason),
    ["SubnetHeld", "SubnetHeld"],
  );
  const late = await makeNetns(t, "late");
  const refused = await callPlugins(node.runtime, "ADD", "late", late.path);
  assert.notEqual(refused.status, 0);
  assert.match(refused.result.msg ?? "", /no IP addresses available in range set/);
  const [, kept] = await node.run(gone, gone);
  assert.deepEqual([kept?.againAfterMs, stepsOf(kept)], [undefined, []], "a pod still has an address");
  assert.match(await must(node.netns.exec, ["ip", "-o", "address", "show", "cni0"]), /10\.244\.1\.1\/24/);

  assert.equal((await callPlugins(node.runtime, "DEL", pod.id, pod.netns.path)).status, 0);
  const [waiting] = await node.run(gone, gone, gone);
  assert.equal(waiting?.againAfterMs, 5_000, "it comes back to take the rest down");
  await assert.rejects(readFile(node.runtime.conflist), { code: "ENOENT" });
  assert.equal(await must(node.netns.exec, ["ip", "-o", "link", "show", "type", "bridge"]), "");
  assert.equal(await must(node.netns.exec, ["ip", "route", "show", "proto", "244"]), "");
  assert.equal(await must(node.netns.exec, ["nft", "list", "tables"]), "");
});

test("a node whose claims are Held goes on following its peers for the pods that it has", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const held = viewOf(undefined, [...heldClaims(1), ...dualClaims(2), claimObject(3)]);
  const [, closing, after] = await node.run(viewOf(specOf(1), claims), held, held);
  assert.deepEqual(stepsOf(closing), [
    "add nexthop 192.168.1.13 dev eth0",
    "add route 10.244.3.0/24",
    "change table inet podnet",
    `change file ${node.runtime.conflist}`,
  ]);
  assert.deepEqual(stepsOf(after), [], "also without a pod as long as the claims are there");
});

import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod, callPlugins, type Pod } from "../support/cni.ts";
import { makeNetns, must } from "../support/netns.ts";
import { listenInside, makeSite, sourceSeen } from "../support/node-site.ts";
import { dualClaims, dualSpec, heldClaims } from "../support/node-view.ts";

const claims = [...dualClaims(1), ...dualClaims(2)];
const view = viewOf(dualSpec(), claims);
const later = { identity: { machineID: "machine-of-node-1", bootID: "boot-2" } };

/** A node with a pod, right after a reboot: of all that was in the kernel nothing is left. */
async function rebooted(t: TestContext): Promise<{ node: AgentNode; pod: Pod }> {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  assertProgrammed((await node.run(view))[0]);
  const pod = await addPod(t, node.runtime, "pod-a");
  await must(node.netns.exec, ["ip", "link", "delete", "cni0"]);
  await must(node.netns.exec, ["ip", "nexthop", "flush", "proto", "244"]);
  await must(node.netns.exec, ["nft", "delete", "table", "inet", "podnet"]);
  return { node, pod };
}

async function assertRefused(t: TestContext, node: AgentNode, label: string): Promise<void> {
  const late = await makeNetns(t, label);
  const { status, result } = await callPlugins(node.runtime, "ADD", late.name, late.path);
  assert.notEqual(status, 0);
  assert.match(result.msg ?? "", /no IP addresses available in range set: 10\.244\.1\.1-10\.244\.1\.1/);
}

test("after a reboot no pod is made and those of before can be deleted, until the API server confirmed the node's subnets", async (t) => {
  const { node, pod } = await rebooted(t);
  const [deaf, asked] = await node.runWith(later, null, viewOf(dualSpec({ subnets: [], configGeneration: 4 }), []));
  assert.deepEqual([stepsOf(deaf), stepsOf(asked)], [[`change file ${node.runtime.conflist}`], []]);
  await assertRefused(t, node, "late");
  assert.equal((await callPlugins(node.runtime, "DEL", pod.id, pod.netns.path)).status, 0);

  const [again, confirmed] = await node.runWith(later, null, view);
  assert.deepEqual(stepsOf(again), [], "the plugin made the bridge meanwhile, which makes nothing ours");
  assertProgrammed(confirmed);
  const [a, b] = [await addPod(t, node.runtime, "pod-b"), await addPod(t, node.runtime, "pod-c")];
  await listenInside(t, b.netns);
  for (const family of [0, 1])
    assert.equal(await sourceSeen(a.netns, b.addresses[family] ?? ""), a.addresses[family], "pods come back");
  const [same] = await node.runWith(later, null);
  assert.deepEqual(stepsOf(same), [], "an agent that starts again in that boot leaves it open");
});

test("after a reboot a configuration stays closed for subnets that are not the node's any more", async (t) => {
  const { node } = await rebooted(t);
  const [held] = await node.runWith(later, viewOf(undefined, [...heldClaims(1), ...dualClaims(2)]));
  assert.equal(stepsOf(held)[0], `change file ${node.runtime.conflist}`);
  await assertRefused(t, node, "late");
});

test("without a journal a configuration is closed where its bridge is not there, and left open where it is", async (t) => {
  const { node } = await rebooted(t);
  await rm(node.journal);
  const [closing] = await node.run(null);
  assert.deepEqual(stepsOf(closing), [`change file ${node.runtime.conflist}`]);
  await assertRefused(t, node, "late");
  assertProgrammed((await node.run(view))[0]);
  await addPod(t, node.runtime, "pod-b");

  await rm(node.journal);
  const open = await readFile(node.runtime.conflist, "utf8");
  const [alone] = await node.run(null);
  assert.deepEqual([stepsOf(alone), await readFile(node.runtime.conflist, "utf8")], [[], open]);
});

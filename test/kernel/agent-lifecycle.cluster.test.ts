import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { parseConflist } from "../../cni/plan/conflist.ts";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod, callPlugins, type Pod } from "../support/cni.ts";
import { makeNetns, must } from "../support/netns.ts";
import { listenInside, makeSite, sourceSeen } from "../support/node-site.ts";
import { active, claimObject, ownSpec } from "../support/node-view.ts";

const [old, fresh] = ["10.244.1.0/24", "10.244.9.0/24"];
const claims = [claimObject(1), claimObject(1, { cidr: fresh }), claimObject(2)];

/** node-1 with these subnets, as its generation so and so says. */
function spec(configGeneration: number, subnets: NodeNetworkSpec["subnets"]): NodeNetworkSpec {
  return ownSpec({ configGeneration, subnets });
}

const draining = viewOf(spec(2, [...active(fresh), { cidr: old, state: "Draining" }]), claims);
const dropped = viewOf(spec(3, active(fresh)), claims);

async function lonelyNode(t: TestContext): Promise<AgentNode> {
  const site = await makeSite(t);
  return agentNode(t, "node-1", await site.plug("node-1", 11));
}

/** What the configuration gives to new pods, and the families that it closes. */
async function offered(node: AgentNode): Promise<readonly unknown[]> {
  const conflist = parseConflist(await readFile(node.runtime.conflist, "utf8"));
  return [conflist?.subnets.map(renderPrefix), conflist?.closed];
}

async function addresses(node: AgentNode): Promise<string[]> {
  const listing = await must(node.netns.exec, ["ip", "-4", "-o", "address", "show", "dev", "cni0"]);
  return [...listing.matchAll(/inet (\S+)/g)].map(([, address = ""]) => address).toSorted();
}

/** A connection that stays open, and tells whether it still carries. */
async function talk(t: TestContext, from: Pod, to: Pod): Promise<() => Promise<void>> {
  await listenInside(t, to.netns);
  return async () => assert.equal(await sourceSeen(from.netns, to.addresses[0] ?? ""), from.addresses[0]);
}

test("a node's subnet is replaced by another while its pods go on, and goes when they are gone", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(viewOf(spec(1, active(old)), claims)))[0]);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  const talking = await talk(t, a, b);

  const [begun] = await node.run(draining);
  assertProgrammed(begun);
  assert.equal(begun?.report?.status.configGeneration, 2);
  assert.deepEqual(await offered(node), [[fresh], []]);
  assert.deepEqual(await addresses(node), ["10.244.1.1/24", "10.244.9.1/24"]);
  await talking();
  const late = await addPod(t, node.runtime, "pod-c");
  assert.deepEqual(late.addresses, ["10.244.9.2"]);
  assert.equal(await sourceSeen(late.netns, b.addresses[0] ?? ""), late.addresses[0], "both subnets reach each other");
  const [, used] = await node.run(draining, draining);
  assert.deepEqual(used?.report?.status.subnets, [
    { cidr: fresh, leases: 1, free: 252 },
    { cidr: old, leases: 2, free: 251 },
  ]);

  for (const pod of [a, b]) assert.equal((await callPlugins(node.runtime, "DEL", pod.id, pod.netns.path)).status, 0);
  const [one, two] = await node.run(draining, draining);
  const drained = (answer: typeof one) => answer?.report?.status.subnets?.find(({ cidr }) => cidr === old)?.drained;
  assert.deepEqual([drained(one), drained(two)], [undefined, true], "a fresh agent counts anew");
  const [, done] = await node.run(dropped, dropped);
  assertProgrammed(done);
  assert.equal(done?.report?.status.configGeneration, 3);
  assert.deepEqual(
    done?.report?.status.subnets?.map(({ cidr }) => cidr),
    [fresh],
  );
  assert.deepEqual(await addresses(node), ["10.244.9.1/24"]);
});

test("a subnet that leaves the spec while pods have addresses of it stays for them alone, and the spec is not done", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(viewOf(spec(1, active(old)), claims)))[0]);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  const talking = await talk(t, a, b);
  const [, early] = await node.run(dropped, dropped);
  assert.deepEqual(
    early?.faults.map(({ reason }) => reason),
    ["SubnetInUse"],
  );
  assert.equal(early?.report?.status.configGeneration, undefined);
  assert.deepEqual(
    early?.report?.status.subnets?.map(({ cidr }) => cidr),
    [fresh, old],
  );
  assert.deepEqual(
    [await offered(node), await addresses(node)],
    [
      [[fresh], []],
      ["10.244.1.1/24", "10.244.9.1/24"],
    ],
  );
  await talking();
});

test("a node that grows gets a subnet without its pods noticing", async (t) => {
  const node = await lonelyNode(t);
  const small = ["10.244.1.0/30", fresh] as const;
  const owned = small.map((cidr) => claimObject(1, { cidr }));
  assertProgrammed((await node.run(viewOf(spec(1, active(small[0])), owned)))[0]);
  const a = await addPod(t, node.runtime, "pod-a");
  const full = await makeNetns(t, "full");
  assert.notEqual((await callPlugins(node.runtime, "ADD", "full", full.path)).status, 0);
  const [grown, again] = await node.run(...[1, 2].map(() => viewOf(spec(2, active(...small)), owned)));
  assertProgrammed(grown);
  assert.deepEqual(stepsOf(again), []);
  const b = await addPod(t, node.runtime, "pod-b");
  assert.deepEqual([a.addresses, b.addresses], [["10.244.1.2"], ["10.244.9.2"]]);
  await (await talk(t, a, b))();
});

test("a node of which every subnet drains makes no new pod, and deletes those that it has", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(viewOf(spec(1, active(old)), claims)))[0]);
  const a = await addPod(t, node.runtime, "pod-a");
  assertProgrammed((await node.run(viewOf(spec(2, [{ cidr: old, state: "Draining" }]), claims)))[0]);
  assert.deepEqual(await offered(node), [[old], [4]]);
  const late = await makeNetns(t, "late");
  assert.match((await callPlugins(node.runtime, "ADD", "late", late.path)).result.msg ?? "", /no IP addresses available/);
  assert.equal((await callPlugins(node.runtime, "DEL", a.id, a.netns.path)).status, 0);
});

test("a node whose claims and NodeNetwork vanish serves its pods, old and new, and keeps its peers; it tells of both when it is asked", async (t) => {
  const node = await lonelyNode(t);
  const lost = viewOf(undefined, []);
  const question = viewOf(ownSpec({ configGeneration: 1, subnets: [], incarnation: "ledger-2" }), []);
  assertProgrammed((await node.run(viewOf(spec(1, active(old)), claims)))[0]);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  const talking = await talk(t, a, b);
  const runs = [...(await node.run(lost, lost)), ...(await node.run(lost, question))];
  assert.deepEqual(runs.flatMap(stepsOf), []);
  await talking();
  assert.equal((await addPod(t, node.runtime, "pod-c")).addresses[0], "10.244.1.4");
  const { status } = runs.at(-1)?.report ?? {};
  assert.deepEqual([status?.configGeneration, status?.acknowledged], [1, { incarnation: "ledger-2", sequence: 0 }]);
  assert.deepEqual(status?.subnets, [{ cidr: old, leases: 2, free: 251 }]);
  assert.deepEqual(status?.lost, [{ cidr: "10.244.2.0/24", node: "node-2", nodeUID: "uid-node-2" }]);
  assert.match(await must(node.netns.exec, ["ip", "route", "show", "10.244.2.0/24"]), /via 192\.168\.1\.12/);
});

test("a claim that was Held takes its route with it when it goes", async (t) => {
  const node = await lonelyNode(t);
  const at = (...peers: (typeof claims)[number][]) => viewOf(spec(1, active(old)), [claimObject(1), ...peers]);
  const held = claimObject(2, { state: "Held", heldAt: "2026-01-01T00:00:00Z", releaseSequence: 8 });
  const [, pending, resting, gone] = await node.run(
    at(claimObject(2)),
    at(claimObject(2), claimObject(3, { state: "Pending" })),
    at(held),
    at(),
  );
  assert.deepEqual(stepsOf(pending), [], "a Pending claim is used by nobody");
  assert.deepEqual([stepsOf(resting), resting?.report?.status.acknowledged?.sequence], [[], 8]);
  assert.ok(stepsOf(gone).includes("remove route 10.244.2.0/24"));
});

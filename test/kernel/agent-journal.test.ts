import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { active, claimObject, dualClaims, dualSpec, heldClaims, ownSpec } from "../support/node-view.ts";

const claims = [...dualClaims(1), ...dualClaims(2)];
const view = viewOf(dualSpec(), claims);
const later = { identity: { machineID: "machine-of-node-1", bootID: "boot-2" } };

async function lonelyNode(t: TestContext): Promise<AgentNode> {
  const site = await makeSite(t);
  return agentNode(t, "node-1", await site.plug("node-1", 11));
}

test("an agent that starts without an API server repairs, and sweeps, what its predecessor wrote down", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await ip(
    node.netns.exec,
    "route delete 10.244.2.0/24 proto 244",
    "route add 10.244.77.0/24 via 192.168.1.77 proto 244",
    "link delete cni0",
  );
  const [first, second] = await node.run(null, null);
  assert.deepEqual(
    first?.kinds.flatMap(({ errors }) => errors),
    [],
  );
  for (const step of ["add link cni0", "add route 10.244.2.0/24", "remove route 10.244.77.0/24"])
    assert.ok(stepsOf(first).includes(step), step);
  assert.deepEqual([stepsOf(second), first?.report], [[], undefined]);
});

test("after another boot nothing is programmed before the API server was heard, and no more is changed than that the configuration is closed", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await ip(node.netns.exec, "link delete cni0", "nexthop flush proto 244");
  const [before, still, after] = await node.runWith(later, null, null, view);
  assert.deepEqual([stepsOf(before), stepsOf(still)], [[`change file ${node.runtime.conflist}`], []]);
  assertProgrammed(after);
  assert.deepEqual(after?.report?.status.bootID, "boot-2");
  const [again] = await node.runWith(later, null);
  assert.deepEqual(stepsOf(again), [], "from then on the journal is of this boot");
});

test("after another boot, subnets that the API server does not confirm are evidence: reported while leases are there, not programmed", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await addPod(t, node.runtime, "pod-a");
  await ip(node.netns.exec, "link delete cni0");
  const question = viewOf(dualSpec({ subnets: [], configGeneration: 4 }), []);
  const [asked] = await node.runWith(later, question);
  assert.deepEqual(stepsOf(asked), [`change file ${node.runtime.conflist}`]);
  assert.deepEqual(
    asked?.report?.status.subnets?.map(({ cidr, leases }) => [cidr, leases]),
    [
      ["10.244.1.0/24", 1],
      ["fd00:10:244:1::/64", 1],
    ],
  );
  assert.equal(asked?.report?.status.configGeneration, 4);
  const [back] = await node.runWith(later, viewOf(dualSpec({ configGeneration: 5 }), claims));
  assertProgrammed(back);
  assert.ok(stepsOf(back).includes("add link cni0"));
});

test("a release is not taken for a loss by the next agent, nor a loss for a release", async (t) => {
  const node = await lonelyNode(t);
  const held = heldClaims(3, 5);
  assertProgrammed((await node.run(viewOf(dualSpec(), [...claims, ...held])))[0]);
  const [next] = await node.run(viewOf(dualSpec(), dualClaims(1)));
  assertProgrammed(next);
  assert.deepEqual(
    next?.report?.status.lost?.map(({ cidr }) => cidr),
    ["10.244.2.0/24", "fd00:10:244:2::/64"],
  );
  assert.deepEqual(next?.report?.status.acknowledged, { incarnation: "ledger-1", sequence: 5 });
  const routes = await must(node.netns.exec, ["ip", "route", "show", "proto", "244"]);
  assert.deepEqual([routes.includes("10.244.2.0/24"), routes.includes("10.244.3.0/24")], [true, false]);
});

for (const [what, text] of [
  ["nonsense", "{]"],
  ["of another version", '{"version":99}'],
] as const)
  test(`an agent whose journal is ${what} says so, goes on as the API server says, and writes another`, async (t) => {
    const node = await lonelyNode(t);
    assertProgrammed((await node.run(view))[0]);
    await writeFile(node.journal, text);
    const [alone] = await node.run(null);
    assert.deepEqual(stepsOf(alone), []);
    const [first] = await node.run(view);
    assert.deepEqual(
      first?.unreadable.map(({ code }) => code),
      ["JournalUnreadable"],
    );
    assert.deepEqual([first?.faults, stepsOf(first)], [[], []]);
    assertProgrammed((await node.run(view))[0]);
  });

test("an agent that lost its journal with everything else leaves pods alone, and tells of their subnets when asked", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await addPod(t, node.runtime, "pod-a");
  await writeFile(node.journal, "");
  const [alone] = await node.run(viewOf(undefined, []));
  assert.deepEqual(stepsOf(alone), []);
  const [asked] = await node.run(viewOf(dualSpec({ subnets: [] }), []));
  assert.deepEqual(
    asked?.report?.status.subnets?.map(({ cidr, leases }) => [cidr, leases]),
    [
      ["10.244.1.0/24", 1],
      ["fd00:10:244:1::/64", 1],
    ],
  );
  assert.deepEqual(stepsOf(asked), []);
});

test("a journal that cannot be written is told of and stops nothing", async (t) => {
  const node = await lonelyNode(t);
  await writeFile(node.journal.replace(/\/[^/]*$/, ""), "");
  const [answer] = await node.run(view);
  assert.deepEqual([answer?.faults, answer?.unreadable.map(({ code }) => code)], [[], ["JournalNotWritten"]]);
  await readFile(node.runtime.conflist);
});

test("the journal of 5,000 claims is written once, and not again while nothing changes", async (t) => {
  const node = await lonelyNode(t);
  const spec = ownSpec({ subnets: active("10.244.1.0/24"), podRanges: ["10.0.0.0/8"] });
  const peers = Array.from({ length: 5_000 }, (_, n) => {
    const cidr = `10.${100 + Math.floor(n / 256)}.${n % 256}.0/24`;
    return claimObject(2, {
      cidr,
      node: `node-${n}-of-a-large-cluster`,
      nodeUID: `8b0ea3cc-5d8b-4a0e-9a41-${String(n).padStart(12, "0")}`,
    });
  });
  const large = viewOf(spec, [claimObject(1), ...peers]);
  const [first] = await node.run(large);
  assertProgrammed(first);
  const { size, mtimeMs } = await stat(node.journal);
  const [second] = await node.run(large);
  assertProgrammed(second);
  assert.equal((await stat(node.journal)).mtimeMs, mtimeMs);
  t.diagnostic(
    `${size} bytes; first run ${Math.round(first?.milliseconds ?? 0)} ms, second run ${Math.round(second?.milliseconds ?? 0)} ms`,
  );
});

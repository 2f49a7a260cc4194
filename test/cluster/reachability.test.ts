// A wire between two nodes that is cut, on a real cluster: what the PodNetwork says of it, and when.
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Condition, NodeNetwork, PodNetwork } from "../../crds/types.ts";
import type { Host } from "../../lab/host.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject } from "../../lab/pod.ts";
import { startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;

/** In which a person shall know. */
const promisedMs = 30_000;

before(async () => {
  lab = await startLab(threeNodes(labName("reachability")));
  await startPodnet(lab);
  const ranges = [
    { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
    { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
  ];
  const metadata = { name: "default" };
  await applyObject(lab, { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata, spec: { ranges } });
  await succeed(lab.kubectl(["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]));
});
after(() => lab?.stop());

async function condition(type: string): Promise<Condition | undefined> {
  const object: PodNetwork = JSON.parse(await succeed(lab.kubectl(["get", "podnetwork", "default", "--output=json"])));
  return object.status?.conditions?.find((one) => one.type === type);
}

/** The condition once it says so, and after how long. */
async function untilReachable(status: Condition["status"], isMeant: (message: string) => boolean, deadlineMs = promisedMs) {
  const beganMs = performance.now();
  const found = await waitUntil(`Reachable=${status}`, deadlineMs, async () => {
    const one = await condition("Reachable");
    return one?.status === status && isMeant(one.message) ? one : undefined;
  });
  return { message: found.message, seconds: (performance.now() - beganMs) / 1_000 };
}

/** Lets nothing that one node sends arrive at the other one, nor the other way round. The API server hears both. */
async function cut(one: Host, other: Host): Promise<void> {
  for (const [at, from] of [
    [one, other],
    [other, one],
  ] as const) {
    const [link]: { address: string }[] = JSON.parse(await succeed(from.run(["ip", "-j", "link", "show", "dev", "eth0"])));
    const chain = `chain in {\ntype filter hook prerouting priority -400;\nether saddr ${link?.address} drop\n}`;
    await succeed(at.run(["nft", "-f", "-"], { stdin: `table inet cut {\n${chain}\n}\n` }));
  }
}

async function mend(...nodes: readonly Host[]): Promise<void> {
  for (const node of nodes) await succeed(node.run(["nft", "delete", "table", "inet", "cut"]));
}

const allReached = (message: string) => message === "3 nodes of 3 probed, all reached";

test("on a whole cluster every node reaches every other one, and the network says so", async () => {
  await untilReachable("True", allReached);
  assert.equal((await condition("Ready"))?.status, "True");
});

test("a wire that is cut between two nodes is named within 30 s, and once it is whole again, the network says so within 30 s", async (t: TestContext) => {
  const [two, three] = [lab.host("node-2"), lab.host("node-3")];
  await cut(two, three);
  const both = (message: string) =>
    message.startsWith("1 pair of nodes not reached: node-2 and node-3 (IPv4: no answer, IPv6: no answer); ");
  const named = await untilReachable("False", both);
  assert.equal((await condition("Ready"))?.status, "True", "one node at fault may be unavailable");
  await mend(two, three);
  const healed = await untilReachable("True", allReached);
  t.diagnostic(`named after ${named.seconds.toFixed(1)} s, healed after ${healed.seconds.toFixed(1)} s`);
});

test("while nothing happens, a sign of life is all that changes in what a node says", async () => {
  const statusNow = async () => {
    const node: NodeNetwork = JSON.parse(await succeed(lab.kubectl(["get", "nodenetwork", "node-1", "--output=json"])));
    const { observedAt = "", ...rest } = node.status ?? {};
    return { observedAt, rest };
  };
  const first = await statusNow();
  const later = await waitUntil("signs of life of node-1 during five seconds", 20_000, async () => {
    const now = await statusNow();
    return Date.parse(now.observedAt) - Date.parse(first.observedAt) >= 5_000 ? now : undefined;
  });
  assert.deepEqual(later.rest, first.rest);
  assert.deepEqual(first.rest.reachability, { probed: 2 });
});

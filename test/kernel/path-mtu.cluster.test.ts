import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import { type RunningAgent, startLoops } from "../support/agent-loops.ts";
import { type AgentNode, agentNode, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import { ip, must, type Netns } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";
import { until } from "../support/until.ts";

const routing: NonNullable<NodeSubnetSpec["routing"]> = { mode: "VXLAN", tunnelTo: "AllPeers", port: 4789 };

/** Node-1 with two peers: 2 is reached directly, 3 through a tunnel. */
const view = viewOf(dualSpec(), [
  ...dualClaims(1),
  ...dualClaims(2),
  ...dualClaims(3).map(({ metadata, spec }) => ({ metadata, spec: { ...spec, routing } })),
]);

interface Place {
  readonly node: AgentNode;
  readonly agent: RunningAgent;
}

async function runningAgent(t: TestContext): Promise<Place> {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const runFolder = await mkdtemp(join(tmpdir(), "podnet-t-run-"));
  t.after(() => rm(runFolder, { recursive: true, force: true }));
  return { node, agent: await startLoops(t, node, { view, runFolder }) };
}

async function mtuOf({ exec }: Netns, device: string): Promise<number> {
  const [link] = JSON.parse(await must(exec, ["ip", "-j", "link", "show", "dev", device])) as { mtu: number }[];
  return link?.mtu ?? assert.fail(device);
}

/** The MTU of everything that has one, by what it is of. */
async function mtus({ node, agent }: Place) {
  const { plugins } = JSON.parse(await readFile(node.runtime.conflist, "utf8")) as { plugins: { mtu?: number }[] };
  return {
    tunnel: await mtuOf(node.netns, "podnet-vxlan4"),
    bridge: await mtuOf(node.netns, "cni0"),
    conflist: plugins[0]?.mtu,
    status: agent.answers.at(-1)?.status.mtu,
  };
}

/** Waits until pods get this MTU, and the tunnel has the other one. */
async function untilMtus(place: Place, { pods, tunnel }: { pods: number; tunnel: number }): Promise<void> {
  const wanted = JSON.stringify({ tunnel, bridge: pods, conflist: pods, status: pods });
  await until(wanted, async () => JSON.stringify(await mtus(place)) === wanted);
}

const differing = ({ agent }: Place) => agent.answers.at(-1)?.findings.find(({ type }) => type === "PodMtuDiffers")?.message;

test("the MTU of the uplink is followed by tunnel, bridge, configuration and status, and pods that were made before are told at once", async (t) => {
  const place = await runningAgent(t);
  const { node, agent } = place;
  await untilMtus(place, { pods: 1450, tunnel: 1450 });
  const old = await addPod(t, node.runtime, "old");
  await ip(node.netns.exec, "link set eth0 mtu 1400");
  await untilMtus(place, { pods: 1350, tunnel: 1350 });
  await until("it is told", () => differing(place)?.startsWith("1 pod has an MTU of 1450, new ones get 1350; ") === true);
  assert.equal(await mtuOf(old.netns, "eth0"), 1450, "nothing is changed inside a pod");
  const young = await addPod(t, node.runtime, "young");
  assert.equal(await mtuOf(young.netns, "eth0"), 1350);
  await ip(node.netns.exec, "link set eth0 mtu 1500");
  await untilMtus(place, { pods: 1450, tunnel: 1450 });
  await until("it is told", () => differing(place)?.startsWith("1 pod has an MTU of 1350, new ones get 1450; ") === true);
  assert.equal(agent.answers.at(-1)?.status.drift, undefined, "none of it is taken for somebody's damage");
});

test("the MTU of a route to another node counts where it is less than the uplink's: of a tunnelled one for the tunnel, too", async (t) => {
  const place = await runningAgent(t);
  const { exec } = place.node.netns;
  await ip(exec, "route add 192.168.1.12 dev eth0 mtu 1400");
  await untilMtus(place, { pods: 1400, tunnel: 1450 });
  await ip(exec, "route add 192.168.1.13 dev eth0 mtu lock 1380");
  await untilMtus(place, { pods: 1330, tunnel: 1330 });
  await ip(exec, "route delete 192.168.1.13", "route delete 192.168.1.12");
  await untilMtus(place, { pods: 1450, tunnel: 1450 });
  await ip(exec, "route add fd00:192:168:1::12 dev eth0 mtu 1390");
  await untilMtus(place, { pods: 1390, tunnel: 1450 });
});

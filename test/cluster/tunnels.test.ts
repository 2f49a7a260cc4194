// Another way of routing, on a live network: real kubelets, pods that ping each other all the while.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NodeNetwork } from "../../crds/types.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { type RunningPodnet, startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { mistakesOf } from "../support/log-mistakes.ts";
import { startPings } from "../support/pod-traffic.ts";
import { succeed } from "../support/succeed.ts";

/** Of each stream of pings. */
const perSecond = 50;

let lab: Lab;
let podnet: RunningPodnet;
let pods: readonly Pod[] = [];

before(async () => {
  lab = await startLab(threeNodes(labName("tunnels")));
  podnet = await startPodnet(lab);
  await applyObject(lab, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    metadata: { name: "default" },
    spec: {
      ranges: [
        { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
        { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
      ],
      rollout: { maxUnavailableNodes: 1 },
    },
  });
  await read(["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]);
  await applyObject(lab, testDaemonSet("one"));
  pods = await readyPods(lab, "one", 3);
});
after(() => lab?.stop());

function read(args: readonly string[]): Promise<string> {
  return succeed(lab.kubectl(args));
}

/** The devices by which a node reaches pods of others, once its agent has done all that it was told. */
async function devicesOf(name: string): Promise<string[] | undefined> {
  const { spec, status }: NodeNetwork = JSON.parse(await read(["get", "nodenetwork", name, "--output=json"]));
  if (status?.configGeneration !== spec.configGeneration) return undefined;
  const shown = await Promise.all(
    ["-4", "-6"].map((family) => lab.host(name).run(["ip", family, "route", "show", "proto", "244"])),
  );
  const devices = shown.flatMap(({ stdout }) => Array.from(stdout.matchAll(/ dev (\S+)/g), ([, device = ""]) => device));
  return [...new Set(devices)];
}

for (const [mode, device] of [
  ["VXLAN", "podnet-vxlan4"],
  ["Direct", "eth0"],
] as const)
  test(`the network becomes ${mode}, one node after the other, and no packet between two pods is lost`, async (t) => {
    const pairs = pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => [from, to] as const));
    const streams = await Promise.all(
      pairs.flatMap(([from, to]) => to.addresses.map((address) => startPings(lab, from, address, perSecond))),
    );
    await read([
      "patch",
      "podnetwork",
      "default",
      "--type=merge",
      `--patch={"spec":{"routing":{"mode":"${mode}","tunnelTo":"AllPeers"}}}`,
    ]);
    await waitUntil(`every node to go by ${device}`, 60_000, async () => {
      const found = await Promise.all(pods.map(({ node }) => devicesOf(node)));
      return found.every((devices) => devices?.length === 1 && devices[0] === device) || undefined;
    });
    const lost = (await Promise.all(streams.map((stream) => stream.end()))).map(({ sent, received }) => sent - received);
    t.diagnostic(`to ${mode}: of ${perSecond} packets a second each way, lost: ${lost.join(", ")}`);
    assert.deepEqual(new Set(lost), new Set([0]), lost.join(", "));
  });

test("without tunnels nothing of them is left after a while, and podnet logged nothing that tells of a mistake in it", async () => {
  await waitUntil("the tunnels to go", 30_000, async () => {
    const shown = await Promise.all(pods.map(({ node }) => lab.host(node).run(["ip", "link", "show", "type", "vxlan"])));
    return shown.every(({ stdout }) => stdout === "") || undefined;
  });
  assert.deepEqual(mistakesOf(podnet), []);
});

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import { type RunningAgent, startLoops } from "../support/agent-loops.ts";
import { type AgentNode, agentNode, viewOf } from "../support/agent-node.ts";
import { addPod, notePod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
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

async function runningAgent(t: TestContext): Promise<{ node: AgentNode; agent: RunningAgent; runFolder: string }> {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const runFolder = await mkdtemp(join(tmpdir(), "podnet-t-run-"));
  t.after(() => rm(runFolder, { recursive: true, force: true }));
  return { node, runFolder, agent: await startLoops(t, node, { view, runFolder }) };
}

const latest = ({ answers }: RunningAgent) => answers.at(-1) ?? assert.fail("it has not reported");
const lastOf = ({ answers }: RunningAgent) => answers.at(-1)?.status.drift?.last;
const contention = ({ answers }: RunningAgent) => answers.at(-1)?.findings.find(({ type }) => type === "DriftContended");

test("whatever somebody changes on a node is repaired without waiting for the next look at everything, and told, with the time it was wrong", async (t) => {
  const { node, agent } = await runningAgent(t);
  assert.equal(agent.answers.at(-1)?.status.drift, undefined, "the agent's own changes are none");
  const { exec } = node.netns;
  const tunnel = "podnet-vxlan4";
  const pod = await addPod(t, node.runtime, "pod-a");
  await notePod(node.runtime, pod);
  await until(
    "it is on the bridge for a look",
    () => agent.answers.at(-1)?.status.subnets?.some(({ leases }) => leases > 0) === true,
  );
  const mac = /^([0-9a-f:]{17}) dst/.exec(await must(exec, ["bridge", "fdb", "show", "dev", tunnel]))?.[1] ?? "";
  const handle = /masquerade.*# handle (\d+)/.exec(await must(exec, ["nft", "-a", "list", "table", "inet", "podnet"]))?.[1];
  const chain = /chain (\S+) \{\n\s+type nat/.exec(await must(exec, ["nft", "list", "table", "inet", "podnet"]))?.[1];
  assert.ok(handle !== undefined && chain !== undefined);
  const damages: readonly (readonly [kind: string, ...argv: string[]])[] = [
    ["route", "ip", "route", "delete", "10.244.2.0/24"],
    ["nexthop", "ip", "nexthop", "flush", "proto", "244"],
    ["address", "ip", "address", "delete", "10.244.1.1/24", "dev", "cni0"],
    ["link", "ip", "link", "set", "cni0", "mtu", "1300"],
    ["port", "ip", "link", "set", pod.port, "nomaster"],
    ["link", "ip", "link", "delete", tunnel],
    ["neighbor", "ip", "neighbor", "delete", "10.244.3.1", "dev", tunnel],
    ["fdb", "bridge", "fdb", "delete", mac, "dev", tunnel, "self"],
    ["table", "nft", "delete", "rule", "inet", "podnet", chain, "handle", handle],
    ["table", "nft", "add", "element", "inet", "podnet", "local4", "{ 10.9.9.0/24 }"],
    ["table", "nft", "delete", "table", "inet", "podnet"],
    ["table", "nft", "flush", "table", "bridge", "podnet"],
    ["sysctl", "tee", "/proc/sys/net/ipv4/ip_forward"],
    ["file", "rm", node.runtime.conflist],
  ];
  const conflist = await readFile(node.runtime.conflist, "utf8");
  for (const [kind, ...argv] of damages) {
    const before = agent.repairs();
    const began = performance.now();
    await must(exec, argv, argv[0] === "tee" ? "0" : undefined);
    const repairedMs = await agent.untilRepaired(1, argv.join(" "));
    t.diagnostic(`${argv.join(" ")}: told ${(repairedMs - began).toFixed(0)} ms later, wrong for ${lastOf(agent)?.wrongMs} ms`);
    assert.equal(lastOf(agent)?.kind, kind, argv.join(" "));
    assert.ok(agent.repairs() > before);
    await until("no repair is left", async () => (await must(exec, ["ip", "route", "show", "10.244.2.0/24"])) !== "");
  }
  assert.equal(await readFile(node.runtime.conflist, "utf8"), conflist);
  assert.equal(await must(exec, ["cat", "/proc/sys/net/ipv4/ip_forward"]), "1\n");
});

test("pods that come and go are no drift, nor is a neighbor of theirs a reason to look at the node", async (t) => {
  const { node, agent } = await runningAgent(t);
  const pod = await addPod(t, node.runtime, "pod-a");
  await must(pod.netns.exec, ["busybox", "ping", "-c", "1", "-W", "2", "10.244.1.1"]);
  await until("it is seen", () => agent.answers.at(-1)?.status.subnets?.some(({ leases }) => leases > 0) === true);
  await until("it is quiet", () => performance.now() - (agent.answers.at(-1)?.atMs ?? 0) > 1_000);
  const looks = agent.answers.at(-1)?.looks;
  await ip(node.netns.exec, "neighbor replace 10.244.1.99 lladdr 02:00:00:00:00:99 dev cni0 nud reachable");
  await ip(node.netns.exec, "neighbor delete 10.244.1.99 dev cni0");
  await until("a change of ours is seen", async () => {
    await ip(node.netns.exec, "route add 198.51.100.0/24 dev cni0", "route delete 198.51.100.0/24");
    return agent.answers.at(-1)?.looks !== looks;
  });
  assert.equal(agent.answers.at(-1)?.status.drift, undefined);
});

test("what somebody keeps undoing is still repaired, once a second, and told with who it may be; other repairs wait for nothing", async (t) => {
  const { node, agent, runFolder } = await runningAgent(t);
  const { exec } = node.netns;
  await mkdir(join(runFolder, "systemd/netif"), { recursive: true });
  await writeFile(join(runFolder, "systemd/netif/state"), "OPER_STATE=routable\n");
  await mkdir(join(runFolder, "NetworkManager"));
  const stop = new AbortController();
  let undone = 0;
  const quarrel = (async () => {
    while (!stop.signal.aborted) {
      const { status } = await exec.run(["ip", "route", "delete", "10.244.2.0/24", "proto", "244"]);
      if (status === 0) undone += 1;
    }
  })();
  try {
    await until("it is told", () => contention(agent) !== undefined);
    const [from, undoneBefore] = [latest(agent), undone];
    await until("three seconds more of it", () => performance.now() - from.atMs > 3_000);
    const [to, times] = [latest(agent), undone - undoneBefore];
    const seconds = (to.atMs - from.atMs) / 1000;
    const share = (to.cpuMs - from.cpuMs) / seconds / 10;
    t.diagnostic(
      `${times} repairs, ${to.looks - from.looks} looks in ${seconds.toFixed(1)} s, ${share.toFixed(1)} % of a processor`,
    );
    assert.ok(times >= 2, "it is repaired all the same");
    assert.ok(times <= seconds + 2, "but not all the time");
    assert.match(
      contention(agent)?.message ?? "",
      /^somebody keeps undoing route 10\.244\.2\.0\/24; on this machine there is systemd-networkd: have it leave/,
    );
    await must(exec, ["ip", "address", "delete", "10.244.1.1/24", "dev", "cni0"]);
    const began = performance.now();
    await until("the address is there again", async () =>
      (await must(exec, ["ip", "address", "show", "dev", "cni0"])).includes("10.244.1.1/24"),
    );
    t.diagnostic(`beside it an address came back after ${(performance.now() - began).toFixed(0)} ms`);
  } finally {
    stop.abort();
    await quarrel;
  }
  await until("the last word is ours", async () => (await must(exec, ["ip", "route", "show", "10.244.2.0/24"])) !== "");
});

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import type { NodeNetwork } from "../../crds/types.ts";
import type { LabProcess } from "../../lab/host.ts";
import type { ClaimObject } from "../../node-agent/plan/claim.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { type AgentLab, startAgentLab } from "../support/agent-lab.ts";
import { assertServes } from "../support/metric-page.ts";
import { active, claimObject, dualClaims, dualSpec } from "../support/node-view.ts";

const conflist = "/etc/cni/net.d/10-podnet.conflist";
const journal = "/var/lib/podnet/journal.json";
let on: AgentLab;
let agent: LabProcess;

before(async () => {
  on = await startAgentLab();
  for (const claim of dualClaims(1)) await putClaim(claim);
  agent = await on.start("agent-1");
  await on.untilReady();
});
after(() => on?.stop());

const putClaim = ({ metadata, spec }: ClaimObject) => on.putClaim(metadata, spec);
const putGeneration = (configGeneration: number) => on.putSpec(dualSpec({ configGeneration }));
const bridges = ["ip", "-o", "link", "show", "type", "bridge"];

/** Starts an agent that cannot reach the API server, and waits until it says so. */
async function startAlone(name: string): Promise<void> {
  await agent.stop();
  await on.cut(true);
  agent = await on.start(name);
  await on.untilDeaf();
}

test("a node without a NodeNetwork is left alone", async () => {
  await on.untilLooks(2);
  assert.equal(await on.inNode(...bridges), "");
  assert.equal((await on.node.run(["test", "-e", conflist])).code, 1);
});

test("the agent programs its node as its NodeNetwork says, and reports the generation it programmed", async () => {
  await putGeneration(1);
  const { status, metadata } = await on.untilReported("generation 1", (object) => object.status?.configGeneration === 1);
  assert.equal(status?.summary?.bridge, "cni0 10.244.1.1/24 fd00:10:244:1::1/64");
  const [programmed, ...others] = status?.conditions ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual(
    [programmed?.type, programmed?.status, programmed?.observedGeneration],
    ["Programmed", "True", metadata.generation],
  );
  assert.match(
    await on.kubectl("get", "nnet"),
    /node-1 +default +cni0 10\.244\.1\.1\/24 fd00:10:244:1::1\/64 +0\/0 +1500 +True +Programmed/,
  );
  await on.inNode("test", "-e", conflist);
});

test("the agent says who and where it is, what it has, and that nothing was released yet", async () => {
  const { status } = await on.reported();
  assert.deepEqual(status?.subnets, [
    { cidr: "10.244.1.0/24", leases: 0, free: 253 },
    { cidr: "fd00:10:244:1::/64", leases: 0, free: 2_147_483_647 },
  ]);
  assert.deepEqual(status?.acknowledged, { incarnation: "ledger-1", sequence: 0 });
  assert.deepEqual([status?.nodeUID, status?.lost], ["uid-node-1", undefined]);
  assert.equal(status?.machineID, (await on.inNode("cat", "/etc/machine-id")).trim());
  assert.equal(status?.bootID, (await on.inNode("cat", "/proc/sys/kernel/random/boot_id")).trim());
});

test("its metrics are those of its table, and tell that the node is programmed, how many addresses are free, and of what is warned", async () => {
  const page = await on.metrics();
  assertServes(page, agentMetrics);
  const wanted = [
    'podnet_agent_programmed{component="agent"} 1',
    'podnet_agent_subnets{component="agent"} 2',
    'podnet_agent_addresses{family="IPv4",state="free",component="agent"} 253',
    'podnet_agent_condition{type="ForwardBlocked",component="agent"} 0',
    'podnet_agent_journal_failing{component="agent"} 0',
  ];
  for (const line of wanted) assert.ok(page.split("\n").includes(line), `${line} is not in:\n${page}`);
  assert.match(page, /^podnet_agent_status_writes_total\{code="written",component="agent"\} [1-9]/m);
});

test("what somebody takes away is put right and told; over a restart of the agent it is counted on", async () => {
  const { status } = await on.reported();
  assert.equal(status?.drift, undefined, "its own changes are none");
  await on.inNode("ip", "address", "delete", "10.244.1.1/24", "dev", "cni0");
  const { drift } = (await on.untilReported("the repair", (object) => object.status?.drift !== undefined)).status ?? {};
  assert.deepEqual([drift?.last?.kind, drift?.last?.key, drift?.last?.because], ["address", "cni0 10.244.1.1", "missing"]);
  await agent.stop();
  agent = await on.start("agent-counting-on");
  await on.untilReady();
  await on.inNode("nft", "delete", "table", "inet", "podnet");
  const before = drift?.repairsTotal ?? Number.NaN;
  const { status: later } = await on.untilReported("more", (object) => (object.status?.drift?.repairsTotal ?? 0) > before);
  assert.equal(later?.drift?.last?.kind, "table");
});

test("the agent tells what the node has routes to that podnet did not make: its own links, and nothing of pods", async () => {
  const { status } = await on.reported();
  assert.deepEqual(
    status?.hostRoutes?.map(({ cidr }) => cidr),
    ["192.168.1.0/24", "fd00:192:168:1::/64"],
  );
});

test("a look at the node that finds nothing new writes nothing", async () => {
  const before = (await on.reported()).metadata.resourceVersion;
  await on.untilLooks(3);
  assert.equal((await on.reported()).metadata.resourceVersion, before);
});

test("without a change the status is written once in a while, and nothing in it changes but the time", async () => {
  const { status: before } = await on.reported();
  const { status: after } = await on.untilReported("another time", ({ status }) => status?.observedAt !== before?.observedAt);
  assert.deepEqual({ ...after, observedAt: "" }, { ...before, observedAt: "" });
  assert.ok(Date.parse(after?.observedAt ?? "") - Date.parse(before?.observedAt ?? "") >= 7_000);
});

test("a subnet's first lease is reported before the next heartbeat, and so is that it has none any more", async () => {
  const lease = "/var/lib/cni/networks/podnet/10.244.1.9";
  const leased = (count: number) => (object: NodeNetwork) => object.status?.subnets?.[0]?.leases === count;
  const { status: idle } = await on.reported();
  const { status: before } = await on.untilReported("a heartbeat", ({ status }) => status?.observedAt !== idle?.observedAt);
  await on.inNode("mkdir", "-p", dirname(lease));
  await on.inNode("touch", lease);
  const { status: used } = await on.untilReported("a lease", leased(1));
  assert.deepEqual(used?.subnets?.[0], { cidr: "10.244.1.0/24", leases: 1, free: 252 });
  assert.ok(Date.parse(used?.observedAt ?? "") - Date.parse(before?.observedAt ?? "") < 7_000);
  await on.inNode("rm", lease);
  const { status: unused } = await on.untilReported("no lease", leased(0));
  assert.ok(Date.parse(unused?.observedAt ?? "") - Date.parse(used?.observedAt ?? "") < 8_000);
});

test("an address that a killed plugin left behind is taken back with the rights that an agent has, and counted on by the next agent", async () => {
  for (const n of [1, 2]) {
    await agent.stop();
    const lease = `/var/lib/cni/networks/podnet/10.244.1.${n + 10}`;
    await on.inNode("mkdir", "-p", "/run/netns", dirname(lease));
    await on.inNode("touch", lease);
    agent = await on.start(`agent-leaks-${n}`, { PODNET_LEAK_SECONDS: "1" });
    const { status } = await on.untilReported("the address", (object) => object.status?.leaks?.collectedTotal === n);
    assert.equal(
      status?.leaks?.last?.map(({ address }) => address).join(" "),
      n === 1 ? "10.244.1.11" : "10.244.1.12 10.244.1.11",
    );
    assert.equal((await on.node.run(["test", "-e", lease])).code, 1);
  }
});

test("a peer that comes is routed at once and reported with the next heartbeat", async () => {
  const before = (await on.reported()).metadata.resourceVersion;
  for (const n of [2, 3]) await putClaim(claimObject(n));
  await on.untilRoute("10.244.2.0/24", true);
  await on.untilRoute("10.244.3.0/24", true);
  assert.equal((await on.reported()).metadata.resourceVersion, before, "two peers are no reason to write at once");
  const { status } = await on.untilReported("two peers", (object) => object.status?.peers?.routed === 2);
  assert.equal(status?.summary?.peers, "2/2");
});

test("an address that cannot be read costs nothing but itself", async () => {
  await putClaim(claimObject(2, { nextHops: ["192.168.1.12", "nonsense"] }));
  await on.untilLooks(2);
  await on.untilRoute("10.244.2.0/24", true);
  await putClaim(claimObject(2));
});

test("what the agent cannot do is reported with a reason, and the last good generation stays", async () => {
  await on.putSpec(dualSpec({ configGeneration: 2, subnets: active("10.244.1.9/24") }));
  const { status } = await on.untilReported("a refusal", (object) => object.status?.conditions?.[0]?.status === "False");
  assert.deepEqual([status?.configGeneration, status?.conditions?.[0]?.reason], [1, "NotCanonical"]);
  await on.inNode("test", "-e", conflist);
  await putGeneration(3);
  await on.untilReported("generation 3", (object) => object.status?.configGeneration === 3);
});

test("a status that somebody else wrote over comes back", async () => {
  const patch = JSON.stringify({ status: { mtu: 9000, summary: { bridge: "br9" } } });
  await on.kubectl("annotate", "nodenetwork", "node-1", "podnet.dev/break-glass=a test");
  await on.kubectl("patch", "nodenetwork", "node-1", "--subresource=status", "--type=merge", `--patch=${patch}`);
  const { status } = await on.untilReported("its own MTU", (object) => object.status?.mtu === 1500);
  assert.equal(status?.summary?.bridge, "cni0 10.244.1.1/24 fd00:10:244:1::1/64");
  await on.kubectl("annotate", "nodenetwork", "node-1", "podnet.dev/break-glass-");
});

test("a NodeNetwork that is made anew gets its status at once, and meanwhile nothing changed", async () => {
  const link = () => on.inNode("ip", "-o", "link", "show", "cni0");
  const before = await link();
  await on.removeSpec();
  await on.untilLooks(2);
  assert.equal(await link(), before);
  await putGeneration(7);
  await on.untilReported("generation 7", (object) => object.status?.configGeneration === 7);
  assert.match(await on.inNode("ip", "link", "show", "cni0"), /alias podnet/);
});

test("while the API server is out of reach, the node is kept as last known; a claim that vanished meanwhile is a loss until it is Held", async () => {
  await on.cut(true);
  await on.removeClaim("10.244.3.0-24");
  await on.inNode("ip", "route", "delete", "10.244.2.0/24");
  await on.untilRoute("10.244.2.0/24", true);
  await on.inNode("rm", conflist);
  await on.untilInNode("the configuration to come back", ["test", "-e", conflist], (_, code) => code === 0);
  await on.cut(false);
  const { status } = await on.untilReported("the loss", (object) => object.status?.lost !== undefined, 90_000);
  assert.deepEqual(status?.lost, [{ cidr: "10.244.3.0/24", node: "node-3", nodeUID: "uid-node-3" }]);
  await on.untilRoute("10.244.3.0/24", true);
  await on.release(claimObject(3), 4);
  const heard = await on.untilReported("the release to be acknowledged", (object) => object.status?.acknowledged?.sequence === 4);
  assert.equal(heard.status?.lost, undefined);
  await on.removeClaim("10.244.3.0-24");
  await on.untilRoute("10.244.3.0/24", false);
});

test("an agent that starts while the API server is out of reach repairs what its predecessor wrote down", async () => {
  await startAlone("agent-2");
  await on.untilLooks(1);
  await on.inNode("ip", "route", "delete", "10.244.2.0/24");
  await on.untilRoute("10.244.2.0/24", true);
  await on.inNode("ip", "link", "delete", "cni0");
  await on.untilInNode("the bridge to come back", bridges, (links) => links.includes("cni0"));
  await on.cut(false);
  await on.untilReported("it to be heard", ({ status }) => status?.conditions?.[0]?.status === "True");
});

test("an agent without a journal that starts while the API server is out of reach changes and removes nothing", async () => {
  const state = () =>
    on.inNode("ip", "address", "show", "dev", "cni0").then(async (text) => text + (await on.inNode("ip", "route")));
  await agent.stop();
  await on.node.run(["tee", journal], { stdin: "{" });
  const before = await state();
  await on.inNode("ip", "route", "add", "10.244.77.0/24", "via", "192.168.1.77", "proto", "244");
  await startAlone("agent-3");
  assert.equal(await on.looks(), 0);
  await on.untilRoute("10.244.77.0/24", true);
  await on.cut(false);
  await on.untilRoute("10.244.77.0/24", false);
  assert.equal(await state(), before);
  // A run is told of when it is over, and the route goes in its midst.
  await on.untilInNode("the journal to be complained of", ["cat", agent.logFile], (log) =>
    log.includes("is no journal of this version"),
  );
});

test("a subnet drains, and goes when the spec drops it", async () => {
  const six = { cidr: "fd00:10:244:1::/64", state: "Active" } as const;
  const write = (configGeneration: number, subnets: NodeNetwork["spec"]["subnets"]) =>
    on.putSpec(dualSpec({ configGeneration, subnets }));
  await putClaim(claimObject(1, { cidr: "10.244.9.0/24" }));
  await write(8, [...active("10.244.9.0/24"), { cidr: "10.244.1.0/24", state: "Draining" }, six]);
  const { status } = await on.untilReported(
    "it to be drained",
    (object) => object.status?.subnets?.some(({ drained }) => drained) === true,
  );
  assert.deepEqual([status?.configGeneration, status?.subnets?.find(({ drained }) => drained)?.cidr], [8, "10.244.1.0/24"]);
  assert.equal(status?.summary?.bridge, "cni0 10.244.9.1/24 10.244.1.1/24 fd00:10:244:1::1/64");
  await write(9, [...active("10.244.9.0/24"), six]);
  const done = await on.untilReported("generation 9", (object) => object.status?.configGeneration === 9);
  assert.equal(done.status?.summary?.bridge, "cni0 10.244.9.1/24 fd00:10:244:1::1/64");
  assert.doesNotMatch(await on.inNode("ip", "address", "show", "dev", "cni0"), /10\.244\.1\.1/);
});

test("a node whose claims were Held and are gone, and on which no pod holds an address, is left without a trace", async () => {
  const own = [claimObject(1), claimObject(1, { cidr: "10.244.9.0/24" }), claimObject(1, { cidr: "fd00:10:244:1::/64" })];
  for (const [n, claim] of own.entries()) await on.release(claim, 5 + n);
  const closed = await on.untilReported(
    "all releases to be acknowledged",
    (object) => object.status?.acknowledged?.sequence === 7,
  );
  assert.match(closed.status?.conditions?.[0]?.reason ?? "", /^(SubnetHeld|NoSubnet)$/);
  // A subnet that is empty is given up at once: the file closes, and goes with the last of them.
  const { stdout } = await on.node.run(["cat", conflist]);
  const ranges = stdout === "" ? [] : JSON.parse(stdout).plugins[0].ipam.ranges.flat();
  assert.ok(ranges.every(({ gateway, rangeEnd }: { gateway: string; rangeEnd?: string }) => rangeEnd === gateway));
  for (const { metadata } of own) await on.removeClaim(metadata.name);
  await on.removeSpec();
  await on.untilInNode("the bridge to go", bridges, (links) => links === "");
  assert.equal((await on.node.run(["test", "-e", conflist])).code, 1);
  assert.equal(await on.inNode("ip", "route", "show", "proto", "244"), "");
  assert.doesNotMatch(await on.inNode("nft", "list", "tables"), /podnet/);
});

test("the agent ends on a signal with code 0 and logged no error", async () => {
  await agent.stop();
  assert.equal(await agent.exited, 0);
  const log = await on.inNode("cat", agent.logFile);
  assert.doesNotMatch(log, /"level":"(error|fatal)"/);
});

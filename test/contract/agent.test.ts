import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import type { NodeNetwork } from "../../crds/types.ts";
import type { ClaimObject } from "../../node-agent/plan/claim.ts";
import type { Host, LabProcess } from "../../lab/host.ts";
import { oneNode } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { askHealth } from "../../lab/podnet/health.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";
import { labName } from "../support/lab-name.ts";
import { active, claimObject, dualClaims, dualSpec } from "../support/node-view.ts";

const kind = { apiVersion: "podnet.dev/v1alpha1" };
const conflist = "/etc/cni/net.d/10-podnet.conflist";
const health = "127.0.0.1:9442";
/** What the kernel allows an agent in production, and no more. */
const onlyNetworkAdministration = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", "--"];
let lab: Lab;
let node: Host;
let agent: LabProcess;

before(async () => {
  lab = await startLab(oneNode(labName("contract-agent"), "nodes-without-kubelets"));
  await installManifests(lab);
  node = lab.host("node-1");
  for (const object of dualClaims(1)) await put({ ...kind, kind: "NodeSubnet", ...object });
  agent = await startedAgent("agent-1");
  await waitUntil(
    "the agent to be ready",
    20_000,
    async () => (await askHealth(node, `http://${health}/readyz`)).code === 0 || undefined,
  );
});
after(() => lab?.stop());

/** An agent with the identity of the node's own, which looks at everything every second. */
async function startedAgent(name: string): Promise<LabProcess> {
  const plugins = await provideBinaries(["cni-plugins"], quietProgress());
  const { kubeconfig } = await lab.identity({ name: "podnet-agent", namespace: "kube-system", node: "node-1" });
  return node.start(
    name,
    [...onlyNetworkAdministration, process.execPath, join(import.meta.dirname, "../../cli/podnet.ts"), "agent"],
    {
      env: {
        PODNET_KUBECONFIG: kubeconfig,
        PODNET_NODE_NAME: "node-1",
        PODNET_PLUGIN_SOURCE: dirname(plugins.bridge),
        PODNET_HEALTH_LISTEN: health,
        PODNET_RESYNC_SECONDS: "1",
        PODNET_HEARTBEAT_SECONDS: "10",
        PODNET_DRAIN_SECONDS: "2",
        PODNET_LOG_LEVEL: "debug",
      },
    },
  );
}

async function put(object: object): Promise<void> {
  const { code, stderr } = await lab.kubectl(["apply", "--server-side", "-f", "-"], { stdin: JSON.stringify(object) });
  assert.equal(code, 0, stderr);
}

async function must(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.kubectl(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Writes the spec of node-1, of this generation. */
async function putSpec(configGeneration: number): Promise<void> {
  await put({ ...kind, kind: "NodeNetwork", metadata: { name: "node-1" }, spec: dualSpec({ configGeneration }) });
}

/** The claim at rest, and its place among the releases. */
function released({ metadata, spec }: ClaimObject, releaseSequence: number): ClaimObject {
  return { metadata, spec: { ...spec, state: "Held", heldAt: "2026-01-01T00:00:00Z", releaseSequence } };
}

async function reported(): Promise<NodeNetwork> {
  return JSON.parse(await must(["get", "nodenetwork", "node-1", "--output=json"])) as NodeNetwork;
}

async function untilReported(what: string, holds: (object: NodeNetwork) => boolean): Promise<NodeNetwork> {
  return waitUntil(what, 30_000, async () => {
    const object = await reported();
    return holds(object) ? object : undefined;
  });
}

async function inNode(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await node.run(argv);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function untilRoute(prefix: string, isThere: boolean): Promise<void> {
  await waitUntil(`${isThere ? "a" : "no"} route to ${prefix}`, 10_000, async () => {
    const routes = await inNode("ip", "route", "show", prefix, "proto", "244");
    return (routes !== "") === isThere || undefined;
  });
}

/** How many looks at the node the agent has taken. */
async function looks(): Promise<number> {
  const { stdout } = await askHealth(node, `http://${health}/metrics`);
  return Number(/^podnet_agent_run_seconds_count\S* (\d+)/m.exec(stdout)?.[1]);
}

async function untilLooks(more: number): Promise<void> {
  const before = await looks();
  assert.ok(Number.isFinite(before));
  await waitUntil(`${more} more looks at the node`, 20_000, async () => (await looks()) >= before + more || undefined);
}

test("a node without a NodeNetwork is left alone", async () => {
  await untilLooks(2);
  assert.equal(await inNode("ip", "-o", "link", "show", "type", "bridge"), "");
  assert.equal((await node.run(["test", "-e", conflist])).code, 1);
});

test("the agent programs its node as its NodeNetwork says, and reports the generation it programmed", async () => {
  await putSpec(1);
  const { status, metadata } = await untilReported("generation 1", (object) => object.status?.configGeneration === 1);
  assert.equal(status?.summary?.bridge, "cni0 10.244.1.1/24 fd00:10:244:1::1/64");
  const [programmed, ...others] = status?.conditions ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual(
    [programmed?.type, programmed?.status, programmed?.observedGeneration],
    ["Programmed", "True", metadata.generation],
  );
  assert.match(
    await must(["get", "nnet"]),
    /node-1 +default +cni0 10\.244\.1\.1\/24 fd00:10:244:1::1\/64 +0\/0 +1500 +True +Programmed/,
  );
  await inNode("test", "-e", conflist);
});

test("the agent says who and where it is, what it has, and that nothing was released yet", async () => {
  const { status } = await reported();
  assert.deepEqual(status?.subnets, [
    { cidr: "10.244.1.0/24", leases: 0, free: 253 },
    { cidr: "fd00:10:244:1::/64", leases: 0, free: 2_147_483_647 },
  ]);
  assert.deepEqual(status?.acknowledged, { incarnation: "ledger-1", sequence: 0 });
  assert.deepEqual([status?.nodeUID, status?.lost], ["uid-node-1", undefined]);
  assert.equal(status?.machineID, (await inNode("cat", "/etc/machine-id")).trim());
  assert.equal(status?.bootID, (await inNode("cat", "/proc/sys/kernel/random/boot_id")).trim());
});

test("a look at the node that finds nothing new writes nothing", async () => {
  const before = (await reported()).metadata.resourceVersion;
  await untilLooks(3);
  assert.equal((await reported()).metadata.resourceVersion, before);
});

test("without a change the status is written once in a while, and nothing in it changes but the time", async () => {
  const { status: before } = await reported();
  const { status: after } = await untilReported("another time", ({ status }) => status?.observedAt !== before?.observedAt);
  assert.deepEqual({ ...after, observedAt: "" }, { ...before, observedAt: "" });
  assert.ok(Date.parse(after?.observedAt ?? "") - Date.parse(before?.observedAt ?? "") >= 7_000);
});

test("a peer that comes is routed at once and reported with the next heartbeat", async () => {
  const before = (await reported()).metadata.resourceVersion;
  for (const n of [2, 3]) await put({ ...kind, kind: "NodeSubnet", ...claimObject(n) });
  await untilRoute("10.244.2.0/24", true);
  await untilRoute("10.244.3.0/24", true);
  assert.equal((await reported()).metadata.resourceVersion, before, "two peers are no reason to write at once");
  const { status } = await untilReported("two peers", (object) => object.status?.peers?.routed === 2);
  assert.equal(status?.summary?.peers, "2/2");
});

test("a NodeSubnet that cannot be read costs nothing but itself", async () => {
  const twin = { ...kind, kind: "NodeSubnet", metadata: { name: "twin" }, spec: claimObject(2).spec };
  await put(twin);
  await untilLooks(1);
  await untilRoute("10.244.2.0/24", true);
  await must(["delete", "nodesubnet", "twin"]);
});

test("what the agent cannot do is reported with a reason, and the last good generation stays", async () => {
  const spec = dualSpec({ configGeneration: 2, subnets: active("10.244.1.9/24") });
  await put({ ...kind, kind: "NodeNetwork", metadata: { name: "node-1" }, spec });
  const { status } = await untilReported("a refusal", (object) => object.status?.conditions?.[0]?.status === "False");
  assert.deepEqual([status?.configGeneration, status?.conditions?.[0]?.reason], [1, "NotCanonical"]);
  await inNode("test", "-e", conflist);
  await putSpec(3);
  await untilReported("generation 3", (object) => object.status?.configGeneration === 3);
});

test("a status that somebody else wrote over comes back", async () => {
  const patch = JSON.stringify({ status: { mtu: 9000, summary: { bridge: "br9" } } });
  await must(["patch", "nodenetwork", "node-1", "--subresource=status", "--type=merge", `--patch=${patch}`]);
  const { status } = await untilReported("its own MTU", (object) => object.status?.mtu === 1500);
  assert.equal(status?.summary?.bridge, "cni0 10.244.1.1/24 fd00:10:244:1::1/64");
});

test("a NodeNetwork that is made anew gets its status at once, and meanwhile nothing changed", async () => {
  const link = () => inNode("ip", "-o", "link", "show", "cni0");
  const before = await link();
  await must(["delete", "nodenetwork", "node-1"]);
  await untilLooks(2);
  assert.equal(await link(), before);
  await putSpec(7);
  await untilReported("generation 7", (object) => object.status?.configGeneration === 7);
  assert.match(await inNode("ip", "link", "show", "cni0"), /alias podnet/);
});

/** Lets no packet between the node and the API server pass, or lets them pass again. */
async function cut(isCut: boolean): Promise<void> {
  const chain = (name: string, match: string) =>
    `chain ${name} {\n type filter hook ${name} priority 0;\n ip ${match} 192.168.1.10 drop\n}\n`;
  const table = `table inet cut {\n${chain("input", "saddr")}${chain("output", "daddr")}}\n`;
  const { code, stderr } = await node.run(["nft", "-f", "-"], { stdin: isCut ? table : "delete table inet cut\n" });
  assert.equal(code, 0, stderr);
}

test("while the API server is out of reach, the node is kept as last known; a claim that vanished meanwhile is a loss until it is Held", async () => {
  await cut(true);
  await must(["delete", "nodesubnet", "10.244.3.0-24"]);
  await inNode("ip", "route", "delete", "10.244.2.0/24");
  await untilRoute("10.244.2.0/24", true);
  await inNode("rm", conflist);
  await waitUntil(
    "the configuration to come back",
    10_000,
    async () => (await node.run(["test", "-e", conflist])).code === 0 || undefined,
  );
  await cut(false);
  const { status } = await waitUntil("the loss to be reported", 90_000, async () => {
    const object = await reported();
    return object.status?.lost === undefined ? undefined : object;
  });
  assert.deepEqual(status?.lost, [{ cidr: "10.244.3.0/24", node: "node-3", nodeUID: "uid-node-3" }]);
  await untilRoute("10.244.3.0/24", true);
  await put({ ...kind, kind: "NodeSubnet", ...released(claimObject(3), 4) });
  const heard = await untilReported("the release to be acknowledged", (object) => object.status?.acknowledged?.sequence === 4);
  assert.equal(heard.status?.lost, undefined);
  await must(["delete", "nodesubnet", "10.244.3.0-24"]);
  await untilRoute("10.244.3.0/24", false);
});

const journal = "/var/lib/podnet/journal.json";

/** Starts an agent that cannot reach the API server, and waits until it says so. */
async function startedAlone(name: string): Promise<void> {
  await agent.stop();
  await cut(true);
  agent = await startedAgent(name);
  await waitUntil("the agent to say that it is not ready", 20_000, async () => {
    const answer = await askHealth(node, `http://${health}/readyz`);
    return answer.stdout.includes("NodeSubnets known: the API server has not listed them yet") || undefined;
  });
}

test("an agent that starts while the API server is out of reach repairs what its predecessor wrote down", async () => {
  await startedAlone("agent-2");
  await untilLooks(1);
  await inNode("ip", "route", "delete", "10.244.2.0/24");
  await untilRoute("10.244.2.0/24", true);
  await inNode("ip", "link", "delete", "cni0");
  await waitUntil(
    "the bridge to come back",
    10_000,
    async () => (await node.run(["ip", "link", "show", "cni0"])).code === 0 || undefined,
  );
  await cut(false);
  await untilReported("it to be heard", ({ status }) => status?.conditions?.[0]?.status === "True");
});

test("an agent without a journal that starts while the API server is out of reach changes and removes nothing", async () => {
  const state = () => inNode("ip", "address", "show", "dev", "cni0").then(async (text) => text + (await inNode("ip", "route")));
  await agent.stop();
  await node.run(["tee", journal], { stdin: "{" });
  const before = await state();
  await inNode("ip", "route", "add", "10.244.77.0/24", "via", "192.168.1.77", "proto", "244");
  await startedAlone("agent-3");
  assert.equal(await looks(), 0);
  await untilRoute("10.244.77.0/24", true);
  await cut(false);
  await untilRoute("10.244.77.0/24", false);
  assert.equal(await state(), before);
  assert.match(await inNode("cat", agent.logFile), /is no journal of this version/);
});

test("a subnet drains, and goes when the spec drops it", async () => {
  const six = { cidr: "fd00:10:244:1::/64", state: "Active" } as const;
  const write = (configGeneration: number, subnets: NodeNetwork["spec"]["subnets"]) =>
    put({ ...kind, kind: "NodeNetwork", metadata: { name: "node-1" }, spec: dualSpec({ configGeneration, subnets }) });
  await put({ ...kind, kind: "NodeSubnet", ...claimObject(1, { cidr: "10.244.9.0/24" }) });
  await write(8, [...active("10.244.9.0/24"), { cidr: "10.244.1.0/24", state: "Draining" }, six]);
  const { status } = await untilReported(
    "it to be drained",
    (object) => object.status?.subnets?.some(({ drained }) => drained) === true,
  );
  assert.deepEqual([status?.configGeneration, status?.subnets?.find(({ drained }) => drained)?.cidr], [8, "10.244.1.0/24"]);
  assert.equal(status?.summary?.bridge, "cni0 10.244.9.1/24 10.244.1.1/24 fd00:10:244:1::1/64");
  await write(9, [...active("10.244.9.0/24"), six]);
  const done = await untilReported("generation 9", (object) => object.status?.configGeneration === 9);
  assert.equal(done.status?.summary?.bridge, "cni0 10.244.9.1/24 fd00:10:244:1::1/64");
  assert.doesNotMatch(await inNode("ip", "address", "show", "dev", "cni0"), /10\.244\.1\.1/);
});

test("a node whose claims were Held and are gone, and on which no pod holds an address, is left without a trace", async () => {
  const own = [claimObject(1), claimObject(1, { cidr: "10.244.9.0/24" }), claimObject(1, { cidr: "fd00:10:244:1::/64" })];
  for (const [n, claim] of own.entries()) await put({ ...kind, kind: "NodeSubnet", ...released(claim, 5 + n) });
  const closed = await untilReported("all releases to be acknowledged", (object) => object.status?.acknowledged?.sequence === 7);
  assert.equal(closed.status?.conditions?.[0]?.reason, "SubnetHeld");
  assert.match(await inNode("cat", conflist), /"rangeEnd": "10\.244\.9\.1"/);
  for (const { metadata } of own) await must(["delete", "nodesubnet", metadata.name]);
  await must(["delete", "nodenetwork", "node-1"]);
  await waitUntil(
    "the bridge to go",
    30_000,
    async () => (await inNode("ip", "-o", "link", "show", "type", "bridge")) === "" || undefined,
  );
  assert.equal((await node.run(["test", "-e", conflist])).code, 1);
  assert.equal(await inNode("ip", "route", "show", "proto", "244"), "");
  assert.doesNotMatch(await inNode("nft", "list", "tables"), /podnet/);
});

test("the agent ends on a signal with code 0 and logged no error", async () => {
  await agent.stop();
  assert.equal(await agent.exited, 0);
  const log = await inNode("cat", agent.logFile);
  assert.doesNotMatch(log, /"level":"(error|fatal)"/);
});

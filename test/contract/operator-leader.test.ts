// Several operators, of which one leads, on a real API server.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { leases } from "../../lib/kube/builtin.ts";
import { leaseStore } from "../../lib/kube/lease.ts";
import { operatorMetrics } from "../../operator/metrics.ts";
import { labName } from "../support/lab-name.ts";
import { tryLeaseStore } from "../support/lease-store-contract.ts";
import { assertServes } from "../support/metric-page.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld } from "../support/operator-world.ts";

const lease = { namespace: "kube-system", name: "podnet-operator" };
const leaseSeconds = 4;
const retryMs = leaseSeconds * (2 / 15) * 1_000;

let lab: Lab;
let world: OperatorWorld;
let running: OperatorProcess[] = [];

before(async () => {
  lab = await startLab(noNodes(labName("contract-leader")));
  await installManifests(lab);
  world = await operatorWorld(lab);
});
afterEach(async () => {
  await Promise.all(running.map((operator) => operator.stop()));
  running = [];
  await world.clear();
  await world.client.delete(leases, lease);
});
after(async () => {
  await world?.close();
  await lab?.stop();
});

/** Starts one that leads, then another one that is ready and does not. */
async function leaderAndStandby(
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly [OperatorProcess, OperatorProcess]> {
  const leader = await start(settings);
  await world.until("the first one to lead", () => leader.leads());
  const standby = await start(settings);
  await world.until("the other one to be ready", () => standby.ready());
  assert.deepEqual([await leader.leads(), await standby.leads(), await standby.passes()], [true, false, 0]);
  return [leader, standby];
}

async function start(settings: Readonly<Record<string, string>>): Promise<OperatorProcess> {
  const operator = await startOperatorProcess(lab, { PODNET_LEASE_SECONDS: String(leaseSeconds), ...settings });
  running.push(operator);
  return operator;
}

/** Milliseconds from now until it leads. */
async function untilLeads(operator: OperatorProcess): Promise<number> {
  const began = performance.now();
  await world.until("the standby to lead", () => operator.leads());
  return performance.now() - began;
}

async function leaders(): Promise<number> {
  return (await Promise.all(running.map((operator) => operator.leads()))).filter(Boolean).length;
}

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };

test("a Lease in the API server keeps the contract that one in memory keeps", () =>
  tryLeaseStore(leaseStore(world.client, { namespace: "kube-system", name: "contract" })));

test("the leader ends in order: with the settings of production another one leads long before the lease time is over, and works", async () => {
  const [leader, standby] = await leaderAndStandby({ PODNET_LEASE_SECONDS: "15" });
  await world.createNetwork("default", { ranges: [range] });
  await world.createNodes(1, 1);
  await world.until("a claim", async () => (await world.claims()).length === 1);
  const counted = 'podnet_operator_network_subnets{network="default",family="IPv4",state="used",component="operator"} 1';
  await world.until("a claim to be counted", async () => (await leader.metrics()).split("\n").includes(counted));
  for (const operator of [leader, standby]) assertServes(await operator.metrics(), operatorMetrics);
  assert.doesNotMatch(await standby.metrics(), /network="default"/, "only the one that leads tells of networks");
  assert.equal(await leader.stop(), 0);
  const took = await untilLeads(standby);
  // A Lease that was not given back it could have after fifteen seconds only, and by another reason.
  assert.ok(took < 15_000, `${took} ms`);
  const lead = standby.log().find(({ message }) => message === "this operator leads");
  assert.equal(lead?.["because"], "nobody held the Lease");
  await world.createNodes(2, 2);
  await world.until("another claim", async () => (await world.claims()).length === 2);
  const found = await world.client.get(leases, lease);
  assert.equal(found?.spec?.leaseDurationSeconds, 15);
  console.log(`leader told to end: the next one leads ${Math.round(took)} ms after its end`);
});

test("the leader is killed: another one leads, and not before the lease time is over", async () => {
  const [leader, standby] = await leaderAndStandby();
  await leader.kill();
  const took = await untilLeads(standby);
  // The killed one may have renewed just before.
  assert.ok(took > leaseSeconds * 1_000 - 2 * retryMs, `${took} ms`);
  await world.createNetwork("default", { ranges: [range] });
  await world.createNodes(1, 1);
  await world.until("a claim", async () => (await world.claims()).length === 1);
  console.log(`leader killed, lease ${leaseSeconds} s: the next one leads after ${Math.round(took)} ms`);
});

test("the API server dies for longer than the lease time: nobody leads, no process ends, and then exactly one goes on", async () => {
  const [leader, standby] = await leaderAndStandby();
  await lab.controlPlane.kill("kube-apiserver");
  await world.until("nobody to lead", async () => (await leaders()) === 0);
  const words = () => leader.log().filter(({ message }) => message === "this operator leads no more and stands by");
  await world.until("its word about that", async () => words().length > 0);
  assert.equal(words().length, 1);
  await lab.controlPlane.start("kube-apiserver");
  await world.until("one to lead", async () => (await leaders()) === 1);
  await world.createNetwork("default", { ranges: [range] });
  await world.createNodes(1, 1);
  await world.until("a claim", async () => (await world.claims()).length === 1);
  const passes = async () => Promise.all([leader.passes(), standby.passes()]);
  const leads = await Promise.all([leader.leads(), standby.leads()]);
  const [before, idle] = [await passes(), leads.indexOf(false)];
  await world.until("some passes", async () => ((await passes())[1 - idle] ?? 0) >= (before[1 - idle] ?? 0) + 4);
  assert.equal((await passes())[idle], before[idle], "the other one makes no pass");
  assert.equal(await leaders(), 1);
});

test("a leader that is stopped for longer than the lease time stands by when it goes on, and the one that leads meanwhile keeps the Lease", async () => {
  const [leader, standby] = await leaderAndStandby();
  leader.signal("SIGSTOP");
  await untilLeads(standby);
  leader.signal("SIGCONT");
  await world.until("the stopped one to answer", () => leader.ready());
  await world.until("the stopped one to stand by", async () => !(await leader.leads()));
  assert.deepEqual([await leader.leads(), await standby.leads()], [false, true]);
});

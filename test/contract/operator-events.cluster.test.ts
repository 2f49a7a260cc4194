// What an operator tells people in Events, on a real API server and as kubectl shows it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { renderTime } from "../../crds/conditions.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { type Event, events, nodes } from "../../lib/kube/builtin.ts";
import { eventStore } from "../../lib/kube/event.ts";
import { createEventWriter } from "../../lib/kube/event-writer.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import { nameOf, type Stored } from "../../lib/kube/resource.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
import { nodeSubnets, podNetworks, rangeLedgers } from "../../operator/cluster.ts";
import { happening, tryEventStore } from "../support/event-store-contract.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld } from "../support/operator-world.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess | undefined;

before(async () => {
  lab = await startLab(noNodes(labName("contract-events")));
  await installManifests(lab);
  world = await operatorWorld(lab);
  await world.allowOverlaps();
});
afterEach(async () => {
  await operator?.stop();
  await world.clear();
  await inParallel(await allEvents(), 16, (event) => world.client.delete(events, nameOf(event)));
});
after(async () => {
  await world?.close();
  await lab?.stop();
});

/** Starts an operator that leads. */
async function start(): Promise<OperatorProcess> {
  const started = await startOperatorProcess(lab);
  operator = started;
  await world.until("the operator to lead", () => started.leads());
  return started;
}

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
const other = { cidr: "10.9.0.0/16", nodePrefixLength: 26 };

/** Nodes with agents that report like real ones. */
async function join(from: number, to: number): Promise<void> {
  await world.createNodes(from, to);
  for (let number = from; number <= to; number++) world.agents.start(`node-${number}`);
}

async function patchSpec(name: string, spec: object): Promise<void> {
  await world.client.patch(podNetworks, name, { spec }, { type: "merge" });
}

async function untilReady(name: string): Promise<void> {
  await world.until(`${name} Ready`, async () => (await world.condition(name, "Ready")).startsWith("Ready True"));
}

/** Waits for an Event of this reason whose `KIND/NAME: note` fits. */
async function untilTold(reason: string, pattern: RegExp): Promise<void> {
  await world.until(`${reason} ${pattern}`, async () => (await eventsOf(reason)).some((text) => pattern.test(text)));
}

/** Those about what has no namespace. */
async function allEvents(): Promise<Stored<Event>[]> {
  return (await world.client.listAll(events, { namespace: "default" })).items;
}

async function eventsOf(reason: string): Promise<string[]> {
  const found = (await allEvents()).filter((event) => event.reason === reason);
  return found.map(({ regarding, note }) => `${regarding.kind}/${regarding.name}: ${note}`).toSorted();
}

test("Events in the API server keep the contract that those in memory keep", () => tryEventStore(eventStore(world.client)));

test("kubectl describe and kubectl events show what became of a network and of a node", async () => {
  await world.createNodes(1, 2);
  await start();
  await world.createNetwork("default", { ranges: [range] });
  await world.until("the Events", async () => (await eventsOf("SubnetAssigned")).length >= 3);
  assert.deepEqual(await eventsOf("SubnetAssigned"), [
    "Node/node-1: 10.244.0.0/24 of PodNetwork/default",
    "Node/node-2: 10.244.1.0/24 of PodNetwork/default",
    "PodNetwork/default: node-1 10.244.0.0/24, node-2 10.244.1.0/24",
  ]);
  await world.until("the range", async () => (await eventsOf("RangeAccepted")).includes("PodNetwork/default: 10.244.0.0/16"));
  for (const [args, pattern] of [
    [
      ["describe", "podnetwork", "default"],
      /Normal +SubnetAssigned +\S+ +podnet\.dev\/operator +node-1 10\.244\.0\.0\/24, node-2/,
    ],
    [
      ["describe", "node", "node-2"],
      /Normal +SubnetAssigned +\S+ +podnet\.dev\/operator +10\.244\.1\.0\/24 of PodNetwork\/default/,
    ],
    [["events", "--for=podnetwork/default"], /Normal +RangeAccepted +PodNetwork\/default +10\.244\.0\.0\/16/],
    [
      ["events", "--for=lease/podnet-operator", "--namespace=kube-system"],
      /Normal +LeaderChanged +Lease\/podnet-operator +\S+ leads/,
    ],
  ] as const) {
    const { stdout, stderr } = await lab.kubectl(args);
    assert.match(stdout, pattern, `${args.join(" ")}: ${stderr}`);
  }
});

test("nothing is told while nothing changes", async () => {
  const operator = await start();
  await world.createNodes(1, 3);
  await world.createNetwork("default", { ranges: [range] });
  await world.report(["node-1", "node-2", "node-3"]);
  await world.until("Ready", async () => (await world.condition("default", "Ready")).startsWith("Ready True"));
  await world.until("the Events", async () => (await eventsOf("SubnetAssigned")).some((text) => text.startsWith("Node/node-3")));
  const before = await allEvents();
  const passes = await operator.passes();
  await world.until("five more passes", async () => (await operator.passes()) >= passes + 5);
  assert.deepEqual(await allEvents(), before);
});

test("an overlap is told as a warning, and a deleted claim as a loss repaired", async () => {
  await start();
  await world.createNodes(1, 1);
  await world.createNetwork("default", { ranges: [range] });
  await world.until("a NodeNetwork", () => world.record("node-1"));
  await world.createNetwork("young", { ranges: [{ cidr: "10.244.128.0/17", nodePrefixLength: 24 }] });
  await world.until("the overlap", async () => (await eventsOf("OverlapRejected")).length === 1);
  const [warning] = (await allEvents()).filter(({ reason }) => reason === "OverlapRejected");
  assert.deepEqual([warning?.type, warning?.regarding.name], ["Warning", "young"]);
  assert.match(warning?.note ?? "", /10\.244\.128\.0\/17 overlaps 10\.244\.0\.0\/16 of PodNetwork\/default/);
  await world.deleteByHand(nodeSubnets, "10.244.0.0-24");
  await world.until("the loss", async () => (await eventsOf("LossRepaired")).length === 2);
});

test("the life of a subnet is told: drained, held, released; a release that no longer waits for a silent node names it", async () => {
  await join(1, 2);
  await start();
  await world.createNetwork("default", { ranges: [range] });
  await untilReady("default");
  await patchSpec("default", { ranges: [{ ...range, state: "Draining" }, other] });
  for (const reason of ["SubnetDraining", "SubnetHeld", "SubnetReleased"])
    for (const subject of ["PodNetwork/default: .*", "Node/node-1: "])
      await untilTold(reason, new RegExp(`^${subject}10\\.244\\.0\\.0/24`));
  await untilTold("SubnetAssigned", /^Node\/node-2: 10\.9\.0\.64\/26 of PodNetwork\/default: the node moves off a range/);
  await untilReady("default");
  world.agents.stop("node-2");
  await world.client.delete(nodes, "node-1");
  await untilTold("SubnetHeld", /^Node\/node-1: 10\.9\.0\.0\/26 of PodNetwork\/default: its Node is gone$/);
  await untilTold(
    "SubnetReleased",
    /^Node\/node-1: 10\.9\.0\.0\/26 of PodNetwork\/default: its hold is over; not heard of, and no longer waited for: node-2$/,
  );
});

test("a full network, and the ledger's loss and recovery, are told", async () => {
  await join(1, 3);
  await start();
  await world.createNetwork("default", { ranges: [{ cidr: "10.244.0.0/23", nodePrefixLength: 24 }] });
  await untilTold("RangeExhausted", /^PodNetwork\/default: node-3: no IPv4 subnet is left/);
  await untilTold("CapacityLow", /^PodNetwork\/default: no IPv4 subnet is left/);
  await world.deleteByHand(rangeLedgers, "cluster");
  await untilTold("RecoveryBarrier", /^RangeLedger\/cluster: LedgerLost: nothing new is given until the agents have reported/);
  await untilTold("RecoveryEnded", /^RangeLedger\/cluster: subnets are given again$/);
  const { stdout } = await lab.kubectl(["describe", "rangeledger", "cluster"]);
  for (const line of [/Warning +RecoveryBarrier/, /Normal +RecoveryEnded/]) assert.match(stdout, line);
});

test("a podCIDR is told when it is adopted, and when it cannot be", async () => {
  await start();
  for (const [name, podCIDR] of [
    ["node-1", "10.244.9.0/24"],
    ["node-2", "10.8.0.0/24"],
  ] as const)
    await world.client.create(nodes, { metadata: { name }, spec: { podCIDR, podCIDRs: [podCIDR] } });
  await world.createNetwork("default", { ranges: [range] });
  await untilTold("SubnetAdopted", /^Node\/node-1: 10\.244\.9\.0\/24 of PodNetwork\/default: it is the podCIDR of the Node$/);
  await untilTold("PodCIDRNotAdopted", /^PodNetwork\/default: .*node-2 \(10\.8\.0\.0\/24: it lies in no range of the network\)/);
});

test("no subnet with a node's address in it is given; of a node that comes later with such an address is told, and nothing is taken away", async () => {
  await world.createNodes(1, 2);
  await start();
  await world.createNetwork("default", { ranges: [{ cidr: "192.168.0.0/22", nodePrefixLength: 24 }] });
  const owners = ["node-1 192.168.0.0/24", "node-2 192.168.2.0/24"];
  await world.untilOwners(owners);
  const addresses = [{ type: "InternalIP", address: "192.168.2.9" }];
  await world.client.create(nodes, { metadata: { name: "node-3" }, status: { addresses } });
  await untilTold("NodeAddressConflict", /^PodNetwork\/default: .*node-3 \(192\.168\.2\.9 in 192\.168\.2\.0\/24 of node-2\)/);
  await untilTold("NodeAddressConflict", /^Node\/node-3: .*192\.168\.2\.9 in 192\.168\.2\.0\/24 of node-2; .*append a range/);
  assert.match(await world.condition("default", "Accepted"), /^Accepted True/);
  await world.untilOwners([...owners, "node-3 192.168.3.0/24"]);
});

test("a node that no network selects, one that two select alike, and a subnet that two nodes report are told once", async () => {
  const operator = await start();
  await world.createNodes(1, 1);
  await world.createNodes(2, 4, { labels: { pool: "blue" } });
  const nodeSelector = { matchLabels: { pool: "blue" } };
  await world.createNetwork("blue", { ranges: [range], nodeSelector });
  await untilTold("NodeUnselected", /^Node\/node-1: no spec\.nodeSelector matches it/);
  await world.report(["node-2", "node-3"]);
  for (const name of ["node-2", "node-3"]) {
    const subnets = [...((await world.record(name))?.status?.subnets ?? []), { cidr: "10.244.77.0/24", leases: 1, free: 252 }];
    await world.patchStatus(name, { subnets });
  }
  for (const subject of ["PodNetwork/blue", "Node/node-2", "Node/node-3"])
    await untilTold("DuplicateReport", new RegExp(`^${subject}: node-2, node-3 say that they have 10\\.244\\.77\\.0/24`));
  await world.createNetwork("green", { ranges: [other], nodeSelector });
  await world.until("green to be accepted", async () => (await world.condition("green", "Accepted")).startsWith("Accepted True"));
  await world.createNodes(5, 5, { labels: { pool: "blue" } });
  await untilTold("AmbiguousSelection", /^PodNetwork\/(blue|green): PodNetwork\/blue and PodNetwork\/green select node-5/);
  const passes = await operator.passes();
  await world.until("three more passes", async () => (await operator.passes()) >= passes + 3);
  const counts = (await allEvents()).map(({ reason, series }) => [reason, series?.count ?? 1]);
  for (const reason of ["NodeUnselected", "AmbiguousSelection", "DuplicateReport"])
    assert.deepEqual([...new Set(counts.filter(([one]) => one === reason).map(([, count]) => count))], [1], reason);
  assert.equal((await eventsOf("NodeUnselected")).length, 1);
  assert.ok(
    (await world.claims()).every(({ spec }) => spec.cidr !== "10.244.77.0/24"),
    "neither gets it",
  );
});

test("addresses that an agent took back are told on its Node each time that they become more", async () => {
  await world.createNodes(1, 1);
  await start();
  await world.createNetwork("default", { ranges: [range] });
  await world.report(["node-1"]);
  for (const [collectedTotal, address] of [
    [2, "10.244.0.9"],
    [3, "10.244.0.7"],
  ] as const) {
    const last = ["10.9.9.9", address].map((one) => ({ address: one, at: "2026-01-01T00:00:00Z" }));
    await world.patchStatus("node-1", { leaks: { collectedTotal, last } });
    const words = `it took back ${collectedTotal} addresses so far that no pod has any more, the last ones ${address}`;
    await untilTold("LeasesCollected", new RegExp(`^Node/node-1: ${words.replaceAll(".", "\\.")}$`));
  }
  assert.equal((await eventsOf("LeasesCollected")).length, 2);
});

test("what agents put right is told on the network and the node and summed in its status, and so is that somebody keeps undoing it", async () => {
  const operator = await start();
  await world.createNodes(1, 2);
  await world.createNetwork("default", { ranges: [range] });
  await world.untilOwners(["node-1 10.244.0.0/24", "node-2 10.244.1.0/24"]);
  await world.report(["node-1"]);
  const passes = await operator.passes();
  await world.until("it is seen for the first time", async () => (await operator.passes()) >= passes + 2);
  const last = { kind: "route", key: "10.244.1.0/24", because: "missing", at: renderTime(Date.now()), wrongMs: 12 };
  await world.patchStatus("node-1", { drift: { repairsTotal: 3, last } });
  const what = "put right 3 things that somebody else changed or took away; the newest";
  await untilTold(
    "DriftRepaired",
    new RegExp(`^PodNetwork/default: ${what} on node-1: route 10\\.244\\.1\\.0/24 \\(missing, for 12 ms`),
  );
  await untilTold("DriftRepaired", new RegExp(`^Node/node-1: ${what}: route`));
  await world.report(["node-2"]);
  await world.until("the sum stands in the status", async () => {
    const drift = (await world.network("default"))?.status?.drift;
    return drift?.repairsTotal === 3 && drift.last?.node === "node-1";
  });
  const conditions = (await world.record("node-2"))?.status?.conditions ?? [];
  const message = "somebody keeps undoing route 10.244.0.0/24";
  const contended = { type: "DriftContended", status: "True", reason: "RepeatedlyUndone", message } as const;
  await world.patchStatus("node-2", {
    conditions: [...conditions, { ...contended, lastTransitionTime: renderTime(Date.now()), observedGeneration: 1 }],
  });
  await untilTold("DriftContended", new RegExp(`^Node/node-2: ${message}`));
});

test("a hundred equal happenings are one Event with a count", async () => {
  const stopped = new AbortController();
  const writer = createEventWriter({
    store: eventStore(world.client),
    reporter: { controller: "podnet.dev/test", instance: "test" },
    clock: systemClock,
    wallClock: Date.now,
    random: Math.random,
    onOutcome: () => {},
  });
  const writing = writer.run(stopped.signal);
  for (let time = 0; time < 100; time++) writer.tell(happening({ of: "hundred", note: "a hundred times" }));
  const told = async () => (await allEvents()).filter(({ regarding }) => regarding.name === "hundred");
  await world.until("the count", async () => (await told())[0]?.series?.count === 100);
  assert.equal((await told()).length, 1);
  const { stdout } = await lab.kubectl(["events"]);
  assert.match(stdout, /\(x100 over \S+\) +Normal +SubnetAssigned +PodNetwork\/hundred +a hundred times/);
  stopped.abort();
  await writing;
});

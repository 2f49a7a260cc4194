// What an operator tells people in Events, on a real API server and as kubectl shows it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { type Event, events } from "../../lib/kube/builtin.ts";
import { eventStore } from "../../lib/kube/event.ts";
import { createEventWriter } from "../../lib/kube/event-writer.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import { nameOf, type Stored } from "../../lib/kube/resource.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
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
  await lab.kubectl(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap"]);
  world = operatorWorld(lab);
});
afterEach(async () => {
  await operator?.stop();
  await world.clear();
  await inParallel(await allEvents(), 16, (event) => world.client.delete(events, nameOf(event)));
});
after(async () => {
  await world?.client.close();
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
  await lab.kubectl(["delete", "nodesubnet", "10.244.0.0-24"]);
  await world.until("the loss", async () => (await eventsOf("LossRepaired")).length === 2);
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

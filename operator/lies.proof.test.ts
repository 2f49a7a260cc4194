// What others get to see while one agent lies: their Nodes' conditions and taints, their NodeNetworks, and the Events about them, as a whole operator writes them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../crds/conditions.ts";
import type { NodeNetworkStatus } from "../crds/types.ts";
import { createLog } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { type Event, events, type Node, nodes } from "../lib/kube/builtin.ts";
import type { Stored } from "../lib/kube/resource.ts";
import { tried } from "../test/simulation/admin.ts";
import { agentProgram } from "../test/simulation/agent-program.ts";
import { nodeNetworks, nodeSubnets, podNetworks } from "../test/simulation/api-ground.ts";
import { sampleNode, samplePodNetwork } from "../test/simulation/api-samples.ts";
import { coreKinds, customKinds, otherKinds } from "../test/simulation/known-kinds.ts";
import { createMachine } from "../test/simulation/machine.ts";
import type { StoreView } from "../test/simulation/object-store.ts";
import { operatorProgram } from "../test/simulation/operator-program.ts";
import type { Process, Program } from "../test/simulation/process.ts";
import { createWorld, type World } from "../test/simulation/world.ts";
import { lies, liesOfTheNewcomer } from "../test/support/status-lies.ts";
import { rangeLedgers } from "./cluster.ts";
import { createEvents, type Events } from "./events.ts";
import { operatorMetrics } from "./metrics.ts";
import { startupTaintKeys } from "./plan/startup-taint.ts";

const kinds = [...coreKinds(), ...customKinds(), ...otherKinds()];
const timing = { heartbeatSeconds: 4, recoverySeconds: 20 };
const second = 1_000;
const liar = "node-1";

/** Node N with a startup taint and one that is none of ours; the first three have 10.244.N.0/24 from before. */
function register(world: World, number: number): void {
  const name = `node-${number}`;
  const { status, ...node } = sampleNode(name, `192.168.1.${10 + number}`);
  const taints = [...startupTaintKeys, "somebody/else"].map((key) => ({ key, effect: "NoSchedule" }));
  const spec = { taints, ...(number <= 3 && { podCIDRs: [`10.244.${number}.0/24`] }) };
  const nodeInfo = { machineID: `machine-of-${name}`, bootID: "boot" };
  world.admin.create(nodes, { ...node, spec, status: { ...status, nodeInfo, conditions: [{ type: "Ready", status: "True" }] } });
}

function startAgent(world: World, number: number): Process {
  const name = `node-${number}`;
  const machine = createMachine(name, `machine-of-${name}`, world.scheduler.now());
  const options = { drainMs: 2 * second, heartbeatMs: timing.heartbeatSeconds * second, onBridge: () => undefined };
  return world.start(`agent-${name}`, agentProgram(machine, options));
}

/** The operator with its Events. */
function startOperator(world: World): void {
  let teller: Events | undefined;
  const telling: Program = async ({ signal, name, ...shared }) => {
    const log = createLog({ component: "operator", level: "silent" });
    const metrics = createMetrics({ component: "operator", table: operatorMetrics });
    teller = createEvents({ ...shared, identity: name, log, metrics });
    await teller.run(signal);
  };
  world.start("events", telling);
  world.start("operator", operatorProgram({ timing, onPass: (result) => teller?.note(result) }));
}

/** Whatever the Nodes but the liar's came to say of their network, one after the other. */
type Sayings = Map<string, string[]>;

function noteSayings(view: StoreView, sayings: Sayings): void {
  for (const { metadata, status } of view.list(nodes)) {
    if (metadata.name === liar) continue;
    const found = status?.conditions?.find(({ type }) => type === "NetworkUnavailable");
    const said = sayings.get(metadata.name) ?? [];
    const saying = found === undefined ? "nothing" : `${found.status}/${found.reason}`;
    if (said.at(-1) !== saying) sayings.set(metadata.name, [...said, saying]);
  }
}

/** Everything of all Nodes but the liar's, and all that is told of them, without times and with names for UIDs. What rests is used by nobody. */
function others({ view }: World, sayings: Sayings) {
  const isOther = ({ metadata }: { readonly metadata: { readonly name: string } }) => metadata.name !== liar;
  const uids = new Map(
    view.list(nodes).flatMap((node) => (isOther(node) ? [[node.metadata.uid, node.metadata.name] as const] : [])),
  );
  const told = view
    .list<Event>(events)
    .filter(({ regarding: { uid = "" } }) => uids.has(uid))
    .map(({ regarding, reason, note }) => `${regarding.kind}/${regarding.name} ${reason}: ${note}`);
  const found = {
    sayings: Object.fromEntries(sayings),
    nodes: view
      .list(nodes)
      .filter(isOther)
      .map(({ metadata: { name, labels, annotations }, spec, status }) => {
        const conditions = status?.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message }));
        return { name, labels, annotations, spec, conditions };
      }),
    records: view
      .list(nodeNetworks)
      .filter(isOther)
      .map(({ metadata: { name }, spec }) => ({ name, spec: { ...spec, configGeneration: "some number" } })),
    claims: view.list(nodeSubnets).flatMap(({ spec }) => (spec.node === liar || spec.state === "Held" ? [] : [spec])),
    events: told.toSorted(),
  };
  return JSON.parse(
    view
      .list(nodes)
      .reduce((text, { metadata: { name, uid } }) => text.replaceAll(`"${uid}"`, `"${name}"`), JSON.stringify(found)),
  );
}

/** A lie in this world: with its UIDs, and its ledger's incarnation. */
function translated(lie: Partial<NodeNetworkStatus>, { view }: World): Partial<NodeNetworkStatus> {
  const uids = view.list(nodes).map(({ metadata: { name, uid } }) => [`"uid-${name}"`, `"${uid}"`] as const);
  const incarnation = view.get(rangeLedgers, "cluster")?.spec.incarnation;
  const known = [...uids, ['"incarnation-1"', `"${incarnation}"`] as const];
  return JSON.parse(known.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(lie)));
}

/** When nodes join, an agent on one of them, in rounds of two seconds. */
const joins = 2;

/** Three nodes run for a while; then the agent of node-1 says this beside the truth, from that round on, and two nodes join. */
async function lied(lie: Partial<NodeNetworkStatus>, from = 0) {
  const sayings: Sayings = new Map();
  const world = createWorld({ seed: 1, kinds, invariants: [(view) => noteSayings(view, sayings)] });
  const ranges = [{ cidr: "10.244.0.0/16", nodePrefixLength: 24, state: "Active" as const }];
  world.admin.create(podNetworks, samplePodNetwork("default", { ranges }));
  for (const number of [1, 2, 3]) register(world, number);
  startOperator(world);
  const [liarsAgent] = [1, 2, 3].map((number) => startAgent(world, number));
  await world.pass(12 * second);
  liarsAgent?.kill();
  for (let round = 0; round < 12; round++) {
    if (round === joins) {
      for (const number of [4, 5]) register(world, number);
      startAgent(world, 4);
    }
    const observedAt = renderTime(Date.UTC(2026, 0, 1) + world.scheduler.now());
    const status = { observedAt, ...(round >= from && translated(lie, world)) };
    const isTaken = tried(() => world.admin.patch(nodeNetworks, liar, { status }, "status"));
    assert.equal(isTaken, fitsSchema(lie));
    await world.pass(2 * second);
  }
  return others(world, sayings);
}

/** The API server takes no other one of an agent. */
function fitsSchema({ lost = [] }: Partial<NodeNetworkStatus>): boolean {
  return lost.every(({ cidr }) => cidr !== "");
}

const truth = lied({});

test("without a lie the node that joins with an agent is programmed and loses its startup taints, the one without waits, and all are told of their subnets", async () => {
  const { sayings, nodes, events } = await truth;
  const waiting = ["nothing", "True/PodnetNotProgrammed"];
  const programmed = [...waiting, "False/PodnetProgrammed"];
  assert.deepEqual(sayings, { "node-2": programmed, "node-3": programmed, "node-4": programmed, "node-5": waiting });
  assert.deepEqual(
    nodes.map(({ name, spec }: Stored<Node> & { name: string }) => `${name} ${spec?.taints?.length}`),
    ["node-2 1", "node-3 1", "node-4 1", "node-5 3"],
  );
  for (const [number, reason] of [
    [2, "SubnetAdopted"],
    [3, "SubnetAdopted"],
    [4, "SubnetAssigned"],
    [5, "SubnetAssigned"],
  ] as const)
    assert.ok(
      events.some((text: string) => text.startsWith(`Node/node-${number} ${reason}: `)),
      `${number}`,
    );
});

const whose = "others' Nodes, NodeNetworks, claims and Events are as they would have been";

for (const [what, lie] of Object.entries(lies))
  test(`where an agent says that ${what}, ${whose}`, async () => assert.deepEqual(await lied(lie), await truth));

for (const [what, lie] of Object.entries(liesOfTheNewcomer))
  test(`where an agent says that ${what}, ${whose}`, async () => assert.deepEqual(await lied(lie, joins + 1), await truth));

import { nodes, pods } from "../../lib/kube/builtin.ts";
import { conflistOf, isTended, type Machine } from "./machine.ts";
import type { ApiKind } from "./api-kind.ts";
import { openSubnets } from "../../cni/plan/conflist.ts";
import { containsPrefix, renderPrefix } from "../../lib/net/prefix.ts";
import { createMachinery, type Machinery } from "./machine-moves.ts";
import { coreKinds, customKinds, otherKinds } from "./known-kinds.ts";
import { lossMoves } from "./loss-moves.ts";
import { processMoves, serverMoves } from "./move.ts";
import { createNetworkHands, type NetworkHands } from "./network-moves.ts";
import { kindRules } from "./node-subnet-rules.ts";
import type { NodeSubnet } from "../../crds/types.ts";
import { createReadings } from "../../operator/readings.ts";
import { operatorProgram } from "./operator-program.ts";
import { describeWorld } from "./describe-world.ts";
import { proofCoverage } from "./proof-coverage.ts";
import { isSignOfLife, proofInvariant } from "./proof-invariants.ts";
import { proofAtRest } from "./proof-rest.ts";
import { protocolInvariant } from "./protocol-invariants.ts";
import type { Schedule } from "./run-schedule.ts";
import {
  createTruth,
  isNodeGone,
  nodeNetworks,
  nodeSubnets,
  podNetworks,
  prefixOf,
  type ProofTiming,
  rangeLedgers,
  type Truth,
} from "./truth.ts";
import type { World } from "./world.ts";

/** What the simulated server serves in the proof; for any number of schedules. */
export function proofKinds(): ApiKind[] {
  return [...coreKinds(), ...customKinds(kindRules), ...otherKinds()];
}

const timing: ProofTiming = { holdSeconds: 5, heartbeatSeconds: 4, recoverySeconds: 20, drainMs: 2_000 };

/** Nodes that are there at once, at most. */
const mostNodes = 7;

export interface ProofOptions {
  readonly kinds: readonly ApiKind[];
  readonly seed: number;
  /** Names of moves that are not made, to find out what a failure needs. */
  readonly without?: readonly string[];
}

/**
 * The schedule that proves the protocol: operators that overlap in time, agents on machines of their own, networks whose ranges overlap, and everything that
 * people, machines, the network and the store can do to them. One schedule is played once.
 */
export function allocationProof({ kinds, seed, without = [] }: ProofOptions): Schedule {
  const truth = createTruth(timing);
  const machinery = createMachinery(truth, mostNodes);
  const networks = createNetworkHands(timing.holdSeconds);
  const operator = operatorProgram({ timing, isElected: seed % 10 === 0, readings: createReadings(8) });
  return {
    kinds,
    length: 40,
    leastFaults: 3,
    certain: ["networkDeleted", "networkCreated"],
    invariants: [proofCoverage(truth), proofInvariant(truth), protocolInvariant(truth)],
    isRoutine: isSignOfLife,
    begin(world) {
      networks.create(world, "wide");
      networks.create(world, "narrow");
      for (let number = 1; number <= 5; number++) machinery.add(world, number);
      world.start("operator-a", operator);
      world.start("operator-b", operator);
    },
    moves: [
      ...machinery.moves,
      ...networks.moves,
      ...lossMoves(truth),
      ...processMoves("operator", 3, operator),
      ...processMoves("agent", 0, () => Promise.resolve()).filter(({ name }) => name !== "agent started"),
      ...serverMoves({ restores: [] }),
    ].filter(({ name }) => !without.includes(name)),
    calmDown: (world) => {
      if (truth.hasLost) networks.applyAll(world);
      calmDown(truth, machinery, networks, world, () => world.start("operator-last", operator));
    },
    atRest: (world) => proofAtRest(truth, world),
    describe: (world) => describeWorld(truth, world),
  };
}

/** What people would see to in the end: machines are tended or gone, networks go on, an operator runs. */
function calmDown(truth: Truth, machinery: Machinery, networks: NetworkHands, world: World, startOperator: () => void): void {
  if (truth.wasRewound) for (const process of world.processes.slice()) process.kill();
  for (const machine of truth.machines) if (machine.isOn) settleMachine(truth, machinery, world, machine);
  const living = new Set(truth.machines.filter(({ isOn }) => isOn).map(({ machineID }) => machineID));
  for (const { metadata, status } of world.view.list(nodes))
    if (!living.has(status?.nodeInfo?.machineID ?? "")) world.admin.erase(nodes, metadata.name);
  for (const { metadata } of world.view.list(podNetworks))
    world.admin.patch(podNetworks, metadata.name, { spec: { rollout: { paused: false } } });
  if (!world.processes.some(({ name, signal }) => name.startsWith("operator") && !signal.aborted)) startOperator();
  seeToItForEver(truth, machinery, networks, world);
}

/** A running machine whose Node was lost with other objects, or that was given up, gets its Node back, or is switched off; any other one leaves its network by itself. */
function settleMachine({ machines, hasLost }: Truth, machinery: Machinery, world: World, machine: Machine): void {
  const isReplaced = machines.some((other) => other !== machine && other.isOn && other.node === machine.node);
  if (!machine.reaches && isReplaced) return machinery.powerOff(world, machine);
  if (!machine.reaches) machinery.setReach(world, machine, true);
  if ((hasLost || machine.forsaken.size > 0) && world.view.get(nodes, machine.node) === undefined) {
    if (world.chance.happens(0.5)) return machinery.powerOff(world, machine);
    machinery.returnNode(world, machine);
  }
  if (!isTended(machine)) machinery.startAgent(world, machine);
}

/** Nothing in the API speaks of it any more, so that nobody will ever tell it anything. */
function isForgotten({ node, bridge }: Machine, { view }: World): boolean {
  const isMentioned = view.get(nodeNetworks, node) !== undefined || view.list(nodeSubnets).some(({ spec }) => spec.node === node);
  return bridge.size > 0 && !isMentioned;
}

/** A Node that cannot go gets no other subnet: where its own lies in no open range, or went to another one after a loss, people take its finalizer. */
function freeNodes({ view, admin }: World): void {
  const entries = view.list(rangeLedgers).flatMap(({ spec }) => spec.entries);
  const open = entries.filter(({ state }) => state === "Open").map(({ cidr }) => prefixOf(cidr));
  const claims = view.list(nodeSubnets).map(({ spec }) => spec);
  const strays = claims.filter(({ cidr }) => !open.some((entry) => containsPrefix(entry, prefixOf(cidr))));
  const owners = new Map(claims.map(({ cidr, node }) => [cidr, node]));
  const robbed = view
    .list(nodeNetworks)
    .filter(({ metadata, spec }) => spec.subnets.some(({ cidr }) => (owners.get(cidr) ?? metadata.name) !== metadata.name));
  const names = new Set([...strays.map(({ node }) => node), ...robbed.map(({ metadata }) => metadata.name)]);
  for (const { metadata } of view.list(nodes))
    if (metadata.deletionTimestamp !== undefined && names.has(metadata.name)) admin.erase(nodes, metadata.name);
}

/** Subnets at rest of nodes that are there and in the same network still, in ranges that go on: pods that still have addresses of them must not be what it takes to get out of that. */
function keptAtRest({ view }: World): ReadonlySet<string> {
  const going = new Map(
    view.list(podNetworks).map(({ metadata, spec }) => [metadata.uid, spec.ranges.filter(({ state }) => state === "Active")]),
  );
  const isKept = ({ networkUID, node, nodeUID, cidr, state }: NodeSubnet["spec"]) =>
    state === "Held" &&
    view.get(nodes, node)?.metadata.uid === nodeUID &&
    view.get(nodeNetworks, node)?.spec.networkUID === networkUID &&
    (going.get(networkUID) ?? []).some((range) => containsPrefix(prefixOf(range.cidr), prefixOf(cidr)));
  return new Set(view.list(nodeSubnets).flatMap(({ spec }) => (isKept(spec) ? [spec.cidr] : [])));
}

/** People see to it that there is room, and that what shall go can go: machines that were given up and have no Node; pods in subnets that give no addresses any more, or of networks that leave or are gone, end; the API forgets pods that are gone. */
function seeToItForEver(truth: Truth, machinery: Machinery, networks: NetworkHands, world: World): void {
  networks.giveRoom(world);
  freeNodes(world);
  const networksThere = world.view.list(podNetworks).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const staying = new Set(networksThere.map(({ metadata }) => metadata.uid));
  const going = new Set([
    ...world.view.list(nodeSubnets).flatMap(({ spec }) => (staying.has(spec.networkUID) ? [] : [spec.cidr])),
    ...world.view
      .list(nodeNetworks)
      .flatMap(({ spec }) => (staying.has(spec.networkUID ?? "") ? [] : spec.subnets.map(({ cidr }) => cidr))),
  ]);
  const kept = keptAtRest(world);
  for (const machine of truth.machines) {
    if (!machine.isOn) continue;
    if (isNodeGone(machine, world) && (machine.forsaken.size > 0 || isForgotten(machine, world)))
      machinery.powerOff(world, machine);
    const conflist = conflistOf(machine);
    const offered = new Set((conflist === undefined ? [] : openSubnets(conflist)).map(renderPrefix));
    for (const { name, leases } of machine.pods.values())
      if (leases.some(({ cidr }) => going.has(cidr) || !(offered.has(cidr) || kept.has(cidr))))
        machinery.stopPod(world, machine, name);
  }
  const running = new Set(
    truth.machines.filter((one) => one.isOn && !isNodeGone(one, world)).flatMap(({ pods }) => [...pods.keys()]),
  );
  for (const { metadata } of world.view.list(pods))
    if (!running.has(metadata.name)) world.admin.erase(pods, { namespace: "default", name: metadata.name });
  world.scheduler.after(3_000, () => seeToItForEver(truth, machinery, networks, world));
}

import { nodes, pods } from "../../lib/kube/builtin.ts";
import { renderAddress } from "../../lib/net/address.ts";
import { tried } from "./admin.ts";
import { agentProgram, type AgentProgramOptions } from "./agent-program.ts";
import { sampleNode } from "./api-samples.ts";
import { openSubnets } from "../../cni/plan/conflist.ts";
import { conflistOf, createMachine, freeLeases, isTended, loseMemory, type Machine } from "./machine.ts";
import { tellOfAll, without } from "./evidence.ts";
import type { Move } from "./move.ts";
import { checkBridge, isNodeGone, type Truth } from "./truth.ts";
import type { World } from "./world.ts";
import assert from "node:assert/strict";

/** From the moment a runtime reads its configuration to the pod having its addresses, at most; less than agents wait for. */
const podMakingMs = 4_000;
/** Until the API shows what became of a pod, at most. */
const podTellingMs = 3_000;

/** The hands on machines, Nodes and pods. */
export interface Machinery {
  /** Switches on a machine that becomes this Node. */
  add(world: World, number: number): void;
  startAgent(world: World, machine: Machine): void;
  setReach(world: World, machine: Machine, reaches: boolean): void;
  powerOff(world: World, machine: Machine): void;
  /** Its kubelet makes its Node anew. */
  returnNode(world: World, machine: Machine): void;
  stopPod(world: World, machine: Machine, name: string): void;
  readonly moves: readonly Move[];
}

/** The hands on up to `count` machines at a time, `node-1` and up. */
export function createMachinery(truth: Truth, count: number): Machinery {
  const { machines, timing } = truth;
  let made = 0;
  let podsMade = 0;
  const living = () => machines.filter(({ isOn }) => isOn);
  const onOne =
    (fits: (machine: Machine, world: World) => boolean, act: (world: World, machine: Machine) => void): Move["make"] =>
    (world) => {
      const found = living().filter((machine) => fits(machine, world));
      if (found.length === 0) return false;
      act(world, world.chance.pick(found));
      return true;
    };
  const agentOptions = (world: World): AgentProgramOptions => ({
    drainMs: timing.drainMs,
    heartbeatMs: timing.heartbeatSeconds * 1_000,
    onBridge: (machine, gone) => {
      world.note(`${machine.machineID} has ${[...machine.bridge.keys()].join(" ")} on its bridge`);
      checkBridge(truth, world, machine, gone);
    },
  });
  const startAgent = (world: World, machine: Machine) => {
    // A kubelet starts a container when the one before it has ended, if need be by force.
    if (machine.agent?.alive() === true) machine.agent.kill();
    machine.agent = world.start(`agent-${machine.machineID}`, agentProgram(machine, agentOptions(world)));
    machine.agent.setReach(machine.reaches);
  };
  const setReach = (_world: World, machine: Machine, reaches: boolean) => {
    machine.reaches = reaches;
    machine.agent?.setReach(reaches);
  };
  const add = (world: World, number: number) => {
    const machine = createMachine(`node-${number}`, `m${++made}`, world.scheduler.now());
    machines.push(machine);
    createNodeOf(world, machine);
    startAgent(world, machine);
  };
  const powerOff = (world: World, machine: Machine) => {
    for (const name of machine.pods.keys()) forgetPod(world, machine, name);
    loseMemory(machine);
    machine.isOn = false;
  };

  const startPod = (world: World, machine: Machine) => {
    const conflist = conflistOf(machine);
    if (!machine.isLookedAt || conflist === undefined || openSubnets(conflist).length === 0) return;
    const { bootID } = machine;
    world.scheduler.after(world.chance.next() * world.chance.pick([10, 1_000, podMakingMs]), () => {
      if (!machine.isOn || machine.bootID !== bootID) return;
      const leases = freeLeases(machine, conflist);
      if (leases === undefined) return;
      const name = `pod-${++podsMade}`;
      for (const { cidr } of leases)
        assert.ok(
          machine.bridge.has(cidr),
          `${name} on ${machine.machineID} got an address of ${cidr}, which is not on the bridge`,
        );
      machine.pods.set(name, { name, leases });
      world.note(`${name} on ${machine.machineID} has ${leases.map(({ address }) => renderAddress(address)).join(" ")}`);
      machine.hint?.();
      tellOfPod(world, machine, name);
    });
  };
  const stopPod = (world: World, machine: Machine, name: string) => {
    machine.pods.delete(name);
    machine.hint?.();
    forgetPod(world, machine, name);
  };

  const recreate = (world: World, machine: Machine) => {
    world.admin.erase(nodes, machine.node);
    createNodeOf(world, machine);
  };
  const replace = (world: World, machine: Machine) => {
    if (world.chance.happens(0.5)) powerOff(world, machine);
    else setReach(world, machine, false);
    world.admin.erase(nodes, machine.node);
    add(world, Number(machine.node.slice("node-".length)));
  };
  const hasNode = (machine: Machine, world: World) => !isNodeGone(machine, world);
  /** Others can still know what runs on it. */
  const canGo = (machine: Machine, world: World) =>
    hasNode(machine, world) && tellOfAll(truth, world, without(world, machine), [machine]);
  const isReplaced = (machine: Machine) => living().some((other) => other !== machine && other.node === machine.node);

  const moves: Move[] = [
    {
      name: "machineAdded",
      weight: 6,
      make: (world) => {
        const free = Array.from({ length: count }, (_, index) => index + 1).filter(
          (number) =>
            !living().some(({ node }) => node === `node-${number}`) && world.view.get(nodes, `node-${number}`) === undefined,
        );
        if (free.length === 0) return false;
        add(world, world.chance.pick(free));
        return true;
      },
    },
    {
      name: "nodeReturned",
      weight: 4,
      make: onOne(
        (machine, { view }) => machine.reaches && !isReplaced(machine) && view.get(nodes, machine.node) === undefined,
        createNodeOf,
      ),
    },
    {
      name: "nodeDeleted",
      weight: 3,
      make: onOne(canGo, (world, machine) => {
        world.admin.erase(nodes, machine.node);
        if (world.chance.happens(0.3)) powerOff(world, machine);
      }),
    },
    { name: "nodeRecreated", weight: 2, make: onOne((machine, world) => machine.reaches && canGo(machine, world), recreate) },
    {
      name: "machineReplaced",
      weight: 1,
      make: onOne((machine, world) => !isReplaced(machine) && canGo(machine, world), replace),
    },
    {
      name: "machineCutOff",
      weight: 2,
      make: onOne(
        ({ reaches }) => reaches,
        (world, machine) => setReach(world, machine, false),
      ),
    },
    {
      name: "machineReconnected",
      weight: 3,
      make: onOne(
        (machine) => !machine.reaches && !isReplaced(machine),
        (world, machine) => setReach(world, machine, true),
      ),
    },
    {
      name: "machineRebooted",
      weight: 1,
      make: onOne(
        () => true,
        (world, machine) => {
          for (const name of machine.pods.keys()) forgetPod(world, machine, name);
          loseMemory(machine);
          machine.bootID = `${machine.machineID}-boot-${world.server.store.revision()}`;
        },
      ),
    },
    { name: "agentStarted", weight: 8, make: onOne((machine) => !isTended(machine), startAgent) },
    { name: "podStarted", weight: 12, make: onOne((machine) => conflistOf(machine) !== undefined, startPod) },
    {
      name: "podStopped",
      weight: 6,
      make: onOne(
        ({ pods }) => pods.size > 0,
        (world, machine) => stopPod(world, machine, world.chance.pick([...machine.pods.keys()])),
      ),
    },
    {
      name: "nodeRelabelled",
      weight: 1,
      make: onOne(hasNode, (world, { node }) => world.admin.patch(nodes, node, { metadata: { labels: zone(world) } })),
    },
    {
      name: "nodeTerminating",
      weight: 0.5,
      make: onOne(hasNode, (world, { node }) => {
        tried(() => world.admin.patch(nodes, node, { metadata: { finalizers: ["test.podnet.dev/stuck"] } }));
        world.admin.delete(nodes, node);
      }),
    },
  ];
  return { add, startAgent, setReach, powerOff, returnNode: createNodeOf, stopPod, moves };
}

function createNodeOf(world: World, { node, machineID }: Machine): void {
  const object = sampleNode(node, `192.168.1.${10 + Number(node.slice("node-".length))}`, zone(world));
  const status = { ...object.status, nodeInfo: { machineID }, conditions: [{ type: "Ready", status: "True" }] };
  tried(() => world.admin.create(nodes, { ...object, status } as typeof object));
}

function zone(world: World): Record<string, string> {
  return { zone: world.chance.pick(["a", "b"]) };
}

function tellOfPod(world: World, machine: Machine, name: string): void {
  world.scheduler.after(world.chance.next() * podTellingMs, () => {
    const pod = machine.pods.get(name);
    if (pod === undefined || !machine.reaches || isNodeGone(machine, world)) return;
    const podIPs = pod.leases.map(({ address }) => ({ ip: renderAddress(address) }));
    tried(() => world.admin.create(pods, { metadata: { namespace: "default", name } }));
    world.admin.patch(pods, { namespace: "default", name }, { status: { phase: "Running", podIPs } }, "status");
  });
}

function forgetPod(world: World, _machine: Machine, name: string): void {
  world.scheduler.after(world.chance.next() * podTellingMs, () => world.admin.erase(pods, { namespace: "default", name }));
}

import { compareText } from "../../lib/text/order.ts";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Lab } from "../../lab/lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { nodeNetworks } from "../../operator/cluster.ts";
import type { Chance } from "../simulation/chance.ts";
import { assertDisjoint } from "./disjoint.ts";
import { type OperatorProcess, startOperatorProcess, withoutElection } from "./operator-process.ts";
import type { OperatorWorld } from "./operator-world.ts";
import { startPolling } from "./polling.ts";

export interface NodeChurn {
  readonly lab: Lab;
  readonly world: OperatorWorld;
  readonly chance: Chance;
  /** So many joins, and as many leaves. */
  readonly moves: number;
}

export interface ChurnFigures {
  readonly joins: number;
  readonly leaves: number;
  /** Leaves whose machine ran on, and joins of such a machine under its old name. */
  readonly outlived: number;
  readonly returned: number;
  readonly kills: number;
  /** Looks at everything, none of which found a subnet twice. */
  readonly polls: number;
}

/** A machine and what it does: it runs under a Node object, runs on without one, or not at all. */
interface Machine {
  readonly name: string;
  readonly id: string;
  state: "joined" | "outlives" | "off";
}

interface Churn {
  readonly world: OperatorWorld;
  readonly chance: Chance;
  readonly moves: number;
  /** By the name of the Node. */
  readonly machines: Map<string, Machine>;
  readonly counts: { joins: number; leaves: number; outlived: number; returned: number };
}

/** Nodes at a time. */
const mostNodes = 24;

const ranges = [
  { cidr: "10.244.0.0/20", nodePrefixLength: 26 },
  { cidr: "fd00:10:244::/56", nodePrefixLength: 64 },
];

/**
 * Nodes join and leave, machines outlive their Nodes and come back, and two operators are killed at random all the while. At every poll no subnet is claimed, told
 * or programmed twice; at the end claims, NodeNetworks and ledger are exactly what the living nodes need.
 * @throws {AssertionError} when not so.
 */
export async function churnNodes({ lab, world, chance, moves }: NodeChurn): Promise<ChurnFigures> {
  const counts = { joins: 0, leaves: 0, outlived: 0, returned: 0 };
  const churn: Churn = { world, chance, moves, machines: new Map(), counts };
  await world.createNetwork("default", { ranges });
  const watch = startPolling(() => checkOwners(churn));
  const killer = startKilling(lab, chance.fork());
  try {
    while (counts.joins < moves || counts.leaves < moves) {
      await move(churn);
      await delay(chance.below(200));
    }
    const kills = await killer.rest();
    for (const machine of inState(churn, "outlives")) switchOff(churn, machine);
    await untilExact(churn);
    return { ...counts, kills, polls: await watch.end() };
  } finally {
    await killer.stop();
  }
}

async function move(churn: Churn): Promise<void> {
  const { chance, counts, moves } = churn;
  const [joined, outliving] = [inState(churn, "joined"), inState(churn, "outlives")];
  const mayJoin = counts.joins < moves && joined.length < mostNodes;
  const mayLeave = counts.leaves < moves && joined.length > 0;
  if (outliving.length > 0 && chance.happens(0.15)) switchOff(churn, chance.pick(outliving));
  else if (mayJoin && (!mayLeave || chance.happens(0.55))) await join(churn, nextMachine(churn));
  else if (mayLeave) await leave(churn, chance.pick(joined), chance.happens(0.4));
}

/** One that outlived its Node, another one under a known name, or one under a new name. */
function nextMachine(churn: Churn): Machine {
  const { chance, machines, counts } = churn;
  const [outliving, off] = [inState(churn, "outlives"), inState(churn, "off")];
  if (outliving.length > 0 && chance.happens(0.5)) return chance.pick(outliving);
  const isKnown = off.length > 0 && chance.happens(0.5);
  const name = isKnown ? chance.pick(off).name : `node-${machines.size + 1}`;
  return { name, id: `machine-${counts.joins}`, state: "off" };
}

async function join({ world, machines, counts }: Churn, machine: Machine): Promise<void> {
  const { name, id } = machine;
  const number = Number(name.slice(5));
  await world.client.create(nodes, {
    metadata: { name },
    status: {
      addresses: [{ type: "InternalIP", address: `192.168.${1 + (number >> 7)}.${100 + (number % 128)}` }],
      nodeInfo: { machineID: id, bootID: "boot" },
    },
  });
  world.agents.start(name, id);
  if (machine.state === "outlives") counts.returned += 1;
  machine.state = "joined";
  machines.set(name, machine);
  counts.joins += 1;
}

async function leave(churn: Churn, machine: Machine, machineStays: boolean): Promise<void> {
  const { world, counts } = churn;
  const subnets = world.agents.has(machine.name);
  if (machineStays && subnets.length > 0) {
    for (const cidr of subnets) world.agents.setLeases(machine.name, cidr, 3);
    machine.state = "outlives";
    counts.outlived += 1;
  } else switchOff(churn, machine);
  await world.client.delete(nodes, machine.name);
  counts.leaves += 1;
}

function switchOff({ world }: Churn, machine: Machine): void {
  world.agents.stop(machine.name);
  machine.state = "off";
}

function inState({ machines }: Churn, state: Machine["state"]): Machine[] {
  return [...machines.values()].filter((machine) => machine.state === state);
}

async function checkOwners(churn: Churn): Promise<void> {
  const { world, machines } = churn;
  const [claims, records] = await Promise.all([world.claims(), world.client.listAll(nodeNetworks)]);
  assertDisjoint(
    "claims",
    claims.map(({ spec }) => ({ owner: `${spec.node} ${spec.state}`, cidr: spec.cidr })),
  );
  assertDisjoint(
    "NodeNetworks",
    records.items.flatMap(({ metadata, spec }) => spec.subnets.map(({ cidr }) => ({ owner: metadata.name, cidr }))),
  );
  const running = [...machines.values()].filter(({ state }) => state !== "off");
  assertDisjoint(
    "machines",
    running.flatMap(({ name, state }) => world.agents.has(name).map((cidr) => ({ owner: `${name} ${state}`, cidr }))),
  );
}

async function untilExact(churn: Churn): Promise<void> {
  const { world } = churn;
  const wanted = inState(churn, "joined").map(({ name }) => name);
  let found = {};
  await world
    .until("exactly what the living nodes need", async () => {
      const [all, claims, records, ledger] = await Promise.all([
        world.client.listAll(nodes),
        world.claims(),
        world.client.listAll(nodeNetworks),
        world.ledger(),
      ]);
      const uids = new Map(all.items.map(({ metadata }) => [metadata.name, metadata.uid]));
      const isOwn = ({ node, nodeUID, state }: (typeof claims)[number]["spec"]) =>
        state === "Active" && uids.get(node) === nodeUID;
      const told = records.items.flatMap(({ spec }) => spec.subnets.map(({ cidr, state }) => `${spec.nodeUID} ${cidr} ${state}`));
      const owned = claims.map(({ spec }) => `${spec.nodeUID} ${spec.cidr} ${spec.state}`);
      const entries = ledger?.spec.entries ?? [];
      found = {
        nodes: uids.size,
        claims: owned.length,
        strangers: claims.filter(({ spec }) => !isOwn(spec)).length,
        told: told.length,
      };
      return (
        uids.size === wanted.length &&
        wanted.every((name) => claims.filter(({ spec }) => spec.node === name).length === ranges.length) &&
        claims.length === wanted.length * ranges.length &&
        claims.every(({ spec }) => isOwn(spec)) &&
        records.items.length === wanted.length &&
        isDeepStrictEqual(told.toSorted(compareText), owned.toSorted(compareText)) &&
        entries.length === ranges.length &&
        entries.every(({ state }) => state === "Open") &&
        ledger?.spec.recovery === undefined
      );
    })
    .catch((error: unknown) => {
      throw new Error(`left: ${JSON.stringify(found)}`, { cause: error });
    });
}

/** Two operators without election, one of which is killed now and then and started again at once. */
function startKilling(lab: Lab, chance: Chance): { rest(): Promise<number>; stop(): Promise<void> } {
  const running: OperatorProcess[] = [];
  const resting = new AbortController();
  let kills = 0;
  const killing = (async () => {
    for (let index = 0; index < 2; index++) running.push(await startOperatorProcess(lab, withoutElection));
    while (!resting.signal.aborted) {
      // Starting takes about a second, so that some kills come while one starts, some in its first pass and some later.
      await delay(400 + chance.below(2_000));
      const index = chance.below(running.length);
      await running[index]?.kill();
      running[index] = await startOperatorProcess(lab, withoutElection);
      kills += 1;
    }
  })();
  const rest = async () => {
    resting.abort();
    await killing;
    return kills;
  };
  return {
    rest,
    async stop() {
      await rest();
      await Promise.all(running.map((operator) => operator.stop()));
    },
  };
}

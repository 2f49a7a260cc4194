import { isDeepStrictEqual } from "node:util";
import type { NodeNetwork, NodeNetworkStatus, NodeSubnet } from "../../crds/types.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets } from "../../operator/cluster.ts";

/** Agents without machines: they report what real ones would, from what pods the test says there are. */
export interface PaperAgents {
  /** The agent of this node reports from now on. */
  start(node: string, machineID?: string): void;
  /** It falls silent, with all it knows. */
  stop(node: string): void;
  /** So many pods have addresses of a subnet, from now on. */
  setLeases(node: string, cidr: string, count: number): void;
  /** What this node's machine has programmed. */
  has(node: string): readonly string[];
  /** All fall silent and forget everything; resolves when none writes any more. */
  end(): Promise<void>;
}

export interface PaperAgentOptions {
  /** Reads. */
  readonly client: KubeClient;
  /** With whose rights the agent of a node writes. */
  readonly clientOf: (node: string) => KubeClient;
  /** Between two looks. */
  readonly everyMs?: number;
  /** How long a subnet must have been empty to count as drained. */
  readonly drainMs?: number;
  readonly heartbeatMs?: number;
}

/** What one machine remembers. */
interface Machine {
  readonly machineID: string;
  isRunning: boolean;
  /** cidr → since when it is empty and out of the configuration. */
  readonly subnets: Map<string, { emptySince: number | undefined }>;
  readonly leases: Map<string, number>;
  /** Claims by name, as last seen. */
  known: ReadonlyMap<string, NodeSubnet>;
  readonly lost: Map<string, NodeSubnet>;
  acknowledged: { incarnation: string; sequence: number };
  wroteAt: number;
}

/** Agents of any number of nodes, in one loop. */
export function startPaperAgents(options: PaperAgentOptions): PaperAgents {
  const { client, clientOf, everyMs = 100, drainMs = 300, heartbeatMs = 500 } = options;
  const machines = new Map<string, Machine>();
  const ending = new AbortController();
  const machineOf = (node: string) => {
    const machine = machines.get(node) ?? newMachine(node);
    machines.set(node, machine);
    return machine;
  };
  const look = async () => {
    const [records, claims] = await Promise.all([client.listAll(nodeNetworks), client.listAll(nodeSubnets)]);
    const byName = new Map(claims.items.map((claim) => [claim.metadata.name, claim]));
    for (const machine of machines.values()) if (machine.isRunning) giveUpReleased(machine, byName);
    const running = records.items.filter(({ metadata, spec }) => {
      const machine = machines.get(metadata.name);
      return machine?.isRunning === true && (spec.machineID ?? machine.machineID) === machine.machineID;
    });
    await inParallel(running, 16, async (record) => {
      const machine = machineOf(record.metadata.name);
      const status = statusOf(machine, record, byName, drainMs);
      if (!isDue(record.status, status, machine, heartbeatMs)) return;
      machine.wroteAt = performance.now();
      const body = { status: { ...record.status, ...status, observedAt: new Date().toISOString() } };
      const { name } = record.metadata;
      await clientOf(name).patch(nodeNetworks, name, body, { type: "merge", subresource: "status" });
    });
  };
  const running = (async () => {
    while (!ending.signal.aborted) {
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    start(node, machineID) {
      const machine = machineID === undefined ? machineOf(node) : newMachine(node, machineID, machines.get(node));
      machine.isRunning = true;
      machines.set(node, machine);
    },
    stop(node) {
      machineOf(node).isRunning = false;
    },
    setLeases: (node, cidr, count) => machineOf(node).leases.set(cidr, count),
    has: (node) => [...machineOf(node).subnets.keys()].toSorted(),
    async end() {
      ending.abort();
      await running;
      machines.clear();
    },
  };
}

/** Another machine than before has nothing. */
function newMachine(node: string, machineID = `machine-${node}`, before?: Machine): Machine {
  if (before?.machineID === machineID) return before;
  return {
    machineID,
    isRunning: false,
    subnets: new Map(),
    leases: new Map(),
    known: new Map(),
    lost: new Map(),
    acknowledged: { incarnation: "", sequence: 0 },
    wroteAt: Number.NEGATIVE_INFINITY,
  };
}

function statusOf(
  machine: Machine,
  record: Stored<NodeNetwork>,
  claims: ReadonlyMap<string, Stored<NodeSubnet>>,
  drainMs: number,
): NodeNetworkStatus {
  const { spec, metadata } = record;
  noteClaims(machine, spec.incarnation, claims, metadata.name);
  program(machine, record, claims, drainMs);
  return {
    configGeneration: spec.configGeneration,
    nodeUID: spec.nodeUID,
    machineID: machine.machineID,
    bootID: "boot",
    acknowledged: { ...machine.acknowledged },
    subnets: Array.from(machine.subnets, ([cidr, { emptySince }]) => {
      const leases = machine.leases.get(cidr) ?? 0;
      const isDrained = emptySince !== undefined && performance.now() - emptySince >= drainMs;
      return { cidr, leases, free: Math.max(0, freeOf(cidr) - leases), ...(isDrained && { drained: true }) };
    }),
    lost: Array.from(machine.lost.values(), ({ spec: { cidr, node, nodeUID } }) => ({ cidr, node, nodeUID })),
    summary: { bridge: `cni0 ${[...machine.subnets.keys()].map((cidr) => cidr.replace(/0\/(\d+)$/, "1/$1")).join(" ")}` },
    conditions: [
      {
        type: "Programmed",
        status: "True",
        reason: "Programmed",
        message: "",
        observedGeneration: metadata.generation ?? 0,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
  };
}

/** What rested and is gone, or somebody else's, is no longer this machine's, though nobody tells it so: its NodeNetwork may be gone, too. */
function giveUpReleased(machine: Machine, claims: ReadonlyMap<string, Stored<NodeSubnet>>): void {
  for (const [name, { spec }] of machine.known)
    if (spec.state === "Held" && claims.get(name)?.spec.nodeUID !== spec.nodeUID && (machine.leases.get(spec.cidr) ?? 0) === 0)
      machine.subnets.delete(spec.cidr);
}

function noteClaims(machine: Machine, incarnation: string, claims: ReadonlyMap<string, Stored<NodeSubnet>>, node: string): void {
  for (const [name, claim] of machine.known) {
    if (claims.has(name)) machine.lost.delete(name);
    else if (claim.spec.state !== "Held" && claim.spec.state !== "Pending" && claim.spec.node !== node)
      machine.lost.set(name, claim);
  }
  const gone = [...machine.lost.values()].map((claim) => [claim.metadata.name, claim] as const);
  for (const name of machine.lost.keys()) if (claims.has(name)) machine.lost.delete(name);
  machine.known = new Map([...gone, ...claims]);
  const seen = [...claims.values()].filter(({ spec }) => spec.state === "Held" && spec.incarnation === incarnation);
  const before = machine.acknowledged.incarnation === incarnation ? machine.acknowledged.sequence : 0;
  machine.acknowledged = { incarnation, sequence: Math.max(before, ...seen.map(({ spec }) => spec.releaseSequence ?? 0)) };
}

/** What the kernel has after this spec: all it names, unless its claim rests, or is not there yet, and no pod is there; and what it has pods of or lost without a word. */
function program(
  machine: Machine,
  { spec, metadata }: Stored<NodeNetwork>,
  claims: ReadonlyMap<string, Stored<NodeSubnet>>,
  drainMs: number,
): void {
  const byCidr = new Map(Array.from(claims.values(), (claim) => [claim.spec.cidr, claim]));
  const has = (cidr: string) => machine.subnets.has(cidr) && byCidr.get(cidr)?.spec.state !== "Held";
  const begins = (cidr: string) => {
    const claim = byCidr.get(cidr)?.spec;
    return claim?.node === metadata.name && (claim.state === "Active" || claim.state === "Draining");
  };
  const isUsed = (cidr: string) => (machine.leases.get(cidr) ?? 0) > 0;
  const wanted = new Map(
    spec.subnets.filter(({ cidr }) => has(cidr) || begins(cidr) || isUsed(cidr)).map(({ cidr, state }) => [cidr, state]),
  );
  for (const cidr of machine.subnets.keys()) {
    const isKept = wanted.has(cidr) || (machine.leases.get(cidr) ?? 0) > 0 || !byCidr.has(cidr);
    if (!isKept) machine.subnets.delete(cidr);
  }
  for (const [cidr, state] of wanted) {
    const isEmpty = state === "Draining" && (machine.leases.get(cidr) ?? 0) === 0;
    const before = machine.subnets.get(cidr)?.emptySince;
    machine.subnets.set(cidr, { emptySince: isEmpty ? (before ?? performance.now() + drainMs / 10) : undefined });
  }
}

function isDue(have: NodeNetworkStatus | undefined, want: NodeNetworkStatus, machine: Machine, heartbeatMs: number): boolean {
  const { observedAt: _, ...rest } = have ?? {};
  const isSame = isDeepStrictEqual(JSON.parse(JSON.stringify(want)), rest);
  return !isSame || performance.now() - machine.wroteAt > heartbeatMs;
}

/** Pod addresses of a subnet: all but network, gateway and broadcast. */
function freeOf(cidr: string): number {
  const bits = (cidr.includes(":") ? 128 : 32) - Number(cidr.split("/")[1]);
  return Math.min(2 ** bits - 3, 2_147_483_647);
}

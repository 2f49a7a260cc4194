import { type ConfFile } from "../../cni/conf-folder.ts";
import { type Conflist, openSubnets, parseConflist } from "../../cni/plan/conflist.ts";
import type { FileSet } from "../../lib/linux/node-state.ts";
import type { Address, Family } from "../../lib/net/address.ts";
import { addressAt, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { podAddresses } from "../../node-agent/plan/leases.ts";
import type { Process } from "./process.ts";

/** An address that a pod of a machine has. */
export interface Lease {
  readonly cidr: string;
  readonly index: number;
  readonly address: Address;
}

/** A pod with its addresses, one per family. */
export interface MachinePod {
  readonly name: string;
  readonly leases: readonly Lease[];
}

/** A machine of the world: it lives on whatever becomes of its agent and of the Node that stands for it. */
export interface Machine {
  /** The name of its Node. */
  readonly node: string;
  readonly machineID: string;
  bootID: string;
  /** Off is for ever. */
  isOn: boolean;
  agent: Process | undefined;
  /** Tells its agent that pods came or went, as the kernel does. */
  hint: (() => void) | undefined;
  /** Without, its agents are cut off from the server, and nobody hears of its pods. */
  reaches: boolean;
  /** On its disk. */
  journal: string | undefined;
  /** On its disk, in the order a runtime takes them. */
  confFiles: readonly ConfFile[];
  /** Whether an agent has looked at its configuration since it was switched on; no pod is made before. */
  isLookedAt: boolean;
  /** On its bridge: text → prefix. */
  readonly bridge: Map<string, Prefix>;
  /** Routes to other nodes' subnets: text → node. */
  routes: ReadonlyMap<string, string>;
  readonly pods: Map<string, MachinePod>;
  /** When the server last took a word of its agent. */
  heardAt: number;
  /** What is on its bridge after the one case that the protocol leaves to people: it was cut off, or silent, for too long. */
  readonly forsaken: Set<string>;
}

/** Where runtimes look for configurations. */
export const confFolder = "/etc/cni/net.d";

/** A machine that was just switched on. */
export function createMachine(node: string, machineID: string, heardAt: number): Machine {
  return {
    node,
    machineID,
    bootID: `${machineID}-boot-1`,
    isOn: true,
    agent: undefined,
    hint: undefined,
    reaches: true,
    journal: undefined,
    confFiles: [],
    isLookedAt: false,
    bridge: new Map(),
    routes: new Map(),
    pods: new Map(),
    heardAt,
    forsaken: new Set(),
  };
}

/** Whether its agent runs. */
export function isTended({ agent }: Machine): boolean {
  return agent?.alive() === true && !agent.signal.aborted;
}

/** Everything that is lost with the power. */
export function loseMemory(machine: Machine): void {
  machine.agent?.kill();
  machine.agent = undefined;
  machine.bridge.clear();
  machine.routes = new Map();
  machine.pods.clear();
  machine.forsaken.clear();
  machine.isLookedAt = false;
}

/** Brings its configurations to what a file set says. */
export function writeFiles(machine: Machine, { want, ours }: FileSet): void {
  const nameOf = (path: string) => path.slice(confFolder.length + 1);
  const wanted = new Map(want.map(({ path, content }) => [nameOf(path), content]));
  const gone = new Set(ours.map(nameOf));
  const kept = machine.confFiles.filter(({ name }) => !wanted.has(name) && !gone.has(name));
  const files = [...kept, ...Array.from(wanted, ([name, text]) => ({ name, text }))];
  machine.confFiles = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The configuration that a runtime would go by now; undefined where there is none of ours. */
export function conflistOf({ confFiles }: Machine): Conflist | undefined {
  const text = confFiles[0]?.text;
  return text === undefined ? undefined : parseConflist(text);
}

/** The addresses of all pods. */
export function leasesOf({ pods }: Machine): Address[] {
  return [...pods.values()].flatMap(({ leases }) => leases.map(({ address }) => address));
}

/** How many addresses of a subnet pods have. */
export function leasesIn({ pods }: Machine, cidr: string): number {
  let count = 0;
  for (const { leases } of pods.values()) for (const lease of leases) if (lease.cidr === cidr) count++;
  return count;
}

/** The addresses that host-local would give a pod of each family of a configuration; undefined where a family has none left. */
export function freeLeases(machine: Machine, conflist: Conflist): Lease[] | undefined {
  const open = openSubnets(conflist);
  const families = [...new Set(conflist.subnets.map(({ family }) => family))];
  const found = families.map((family) => freeLease(machine, open, family));
  return found.every((lease) => lease !== undefined) ? found : undefined;
}

function freeLease({ pods }: Machine, open: readonly Prefix[], family: Family): Lease | undefined {
  const all = [...pods.values()].flatMap(({ leases }) => leases);
  for (const prefix of open) {
    if (prefix.family !== family) continue;
    const cidr = renderPrefix(prefix);
    const taken = new Set(all.filter((lease) => lease.cidr === cidr).map(({ index }) => index));
    const count = Math.min(Number(podAddresses(prefix)), 1_000);
    for (let index = 0; index < count; index++)
      if (!taken.has(index)) return { cidr, index, address: addressAt(prefix, BigInt(index + 2)) };
  }
  return undefined;
}

import assert from "node:assert/strict";
import {
  ledgerName,
  nodeNetworkResource,
  nodeSubnetResource,
  podNetworkResource,
  rangeLedgerResource,
} from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { Resource, Stored } from "../../lib/kube/resource.ts";
import { containsPrefix, type Prefix, prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";
import type { Machine } from "./machine.ts";
import type { Process } from "./process.ts";
import type { StoreView } from "./object-store.ts";
import type { World } from "./world.ts";

export const podNetworks: Resource<PodNetwork> = podNetworkResource;
export const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
export const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
export const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

/** How long things take in a schedule. */
export interface ProofTiming {
  readonly holdSeconds: number;
  readonly heartbeatSeconds: number;
  readonly recoverySeconds: number;
  readonly drainMs: number;
}

/** What really is, whatever anybody believes: the machines, and what the world did to the API's objects. */
export interface Truth {
  readonly timing: ProofTiming;
  readonly machines: Machine[];
  /** Set while the world's own hand writes: what it takes away is nobody's fault. */
  isWorldActing: boolean;
  /** Claims outside of all entries, by UID, for which the world's hand or a restore is to blame. */
  readonly excused: Set<string>;
  /** Prefixes whose claims the world took away → the node that had them. */
  readonly erased: Map<string, string>;
  /** Node and prefix, e.g. `"node-1 10.0.0.0/29"` → when the world took the claim away. */
  readonly erasedAt: Map<string, number>;
  /** UID of a claim → when it became Held, by no clock that steps. */
  readonly heldSince: Map<string, number>;
  /** Node and prefix, e.g. `"node-1 10.0.0.0/29"` → when its NodeNetwork began to name it. */
  readonly toldAt: Map<string, number>;
  /** Incarnation and epoch → the range they were given to, and at which revision. */
  readonly epochs: Map<string, { readonly range: string; readonly revision: number }>;
  /** Whether the world ever took objects of ours away. */
  hasLost: boolean;
  /** A backup was restored with versions given once more; whoever has copies must be started anew, as Kubernetes says of all of its parts. */
  wasRewound: boolean;
  /** Those that were running at such a restore. */
  readonly fromBeforeRewind: Set<Process>;
  /** When one of them was last seen running. */
  rewoundSeenAtMs: number;
  /** When a backup was restored last. */
  restoredAtMs: number;
}

/** After a restore, plans of before it may still be carried out for so long. */
const unsettledMs = 60_000;

/** Whether a write may be one that was decided in a past that a restore has undone. */
export function isUnsettled({ restoredAtMs }: Truth, { scheduler }: Pick<World, "scheduler">): boolean {
  return scheduler.now() - restoredAtMs < unsettledMs;
}

/** What a process has sent may arrive for so long after its end: a request's deadline, and a delay. */
const strayMs = 20_000;

/** Whether a write may meet the condition that it names by accident: versions were given once more, and somebody who knew the earlier ones may be at work still. */
export function mayBeOfUndonePast(truth: Truth, { scheduler, processes }: Pick<World, "scheduler" | "processes">): boolean {
  for (const process of truth.fromBeforeRewind)
    if (processes.includes(process)) truth.rewoundSeenAtMs = scheduler.now();
    else truth.fromBeforeRewind.delete(process);
  return scheduler.now() - truth.rewoundSeenAtMs < strayMs;
}

/** Of an empty world. */
export function createTruth(timing: ProofTiming): Truth {
  return {
    timing,
    machines: [],
    isWorldActing: false,
    excused: new Set(),
    erased: new Map(),
    erasedAt: new Map(),
    heldSince: new Map(),
    toldAt: new Map(),
    epochs: new Map(),
    hasLost: false,
    wasRewound: false,
    fromBeforeRewind: new Set(),
    rewoundSeenAtMs: Number.NEGATIVE_INFINITY,
    restoredAtMs: Number.NEGATIVE_INFINITY,
  };
}

const prefixes = new Map<string, Prefix>();

/** The prefix of a canonical text, read once. */
export function prefixOf(cidr: string): Prefix {
  let prefix = prefixes.get(cidr);
  if (prefix === undefined) prefixes.set(cidr, (prefix = toPrefix(cidr)));
  return prefix;
}

/** The hand of the world writes: objects of ours vanish or change without anybody's fault. */
export function actAsWorld(truth: Truth, world: World, act: () => void): void {
  truth.isWorldActing = true;
  try {
    act();
  } finally {
    truth.isWorldActing = false;
  }
  excuse(truth, world.view);
}

/** Whatever lies outside of the ledger now does so through the world; also a Pending claim, whose promotion may be on its way already. */
export function excuse({ excused }: Truth, view: StoreView): void {
  for (const claim of outsideOfEntries(view)) excused.add(claim.metadata.uid);
}

/** Claims in use that lie in no entry of the ledger. */
export function strayClaims(view: StoreView): Stored<NodeSubnet>[] {
  return outsideOfEntries(view).filter(({ spec }) => spec.state === "Active" || spec.state === "Draining");
}

function outsideOfEntries(view: StoreView): Stored<NodeSubnet>[] {
  const entries = view.get(rangeLedgers, ledgerName)?.spec.entries ?? [];
  return view
    .list(nodeSubnets)
    .filter(({ spec }) => !entries.some(({ cidr }) => containsPrefix(prefixOf(cidr), prefixOf(spec.cidr))));
}

/** No write is under way longer. */
export const slowestMs = 10_000;

/** Whether the protocol may have given up a machine: cut off or silent for longer than it waits for anybody. Seconds in objects are whole ones. */
export function isLapsed({ timing, hasLost }: Truth, machine: Machine, world: World): boolean {
  const silentMs = world.scheduler.now() - machine.heardAt + 1_000;
  const limits = [
    timing.holdSeconds * 10,
    ...(isNodeGone(machine, world) ? [timing.holdSeconds] : []),
    ...(hasLost ? [timing.recoverySeconds] : []),
  ];
  return silentMs >= Math.min(...limits) * 1_000;
}

/** Whether no Node stands for the machine. */
export function isNodeGone({ node, machineID }: Machine, { view }: Pick<World, "view">): boolean {
  return view.get(nodes, node)?.status?.nodeInfo?.machineID !== machineID;
}

/** A machine's bridge has changed: nothing that pods use may have gone, and nothing that another one has may have come. */
export function checkBridge(truth: Truth, world: World, machine: Machine, gone: readonly string[]): void {
  for (const cidr of machine.forsaken) if (!machine.bridge.has(cidr)) machine.forsaken.delete(cidr);
  for (const { name, leases } of machine.pods.values())
    for (const { cidr } of leases)
      assert.ok(!gone.includes(cidr), `${machine.machineID} took ${cidr} off its bridge under pod ${name}`);
  for (const other of truth.machines) {
    if (other === machine || !other.isOn) continue;
    for (const [cidr, prefix] of machine.bridge)
      for (const [theirs, prefixThere] of other.bridge)
        if (prefixesOverlap(prefix, prefixThere)) meet(truth, world, [machine, cidr], [other, theirs]);
  }
}

type Place = readonly [Machine, string];

function meet(truth: Truth, world: World, one: Place, other: Place): void {
  const places = [one, other];
  if (places.some(([machine, cidr]) => machine.forsaken.has(cidr))) return;
  const lapsed = places.find((place) => isLapsed(truth, place[0], world) || isToldTooLate(truth, place));
  const words = places.map(([machine, cidr]) => `${cidr} on ${machine.machineID}`).join(", and ");
  assert.ok(lapsed !== undefined, `two machines have it at once: ${words}`);
  forsake(world, lapsed);
}

/** The world took a claim away. */
export function noteErased({ erased, erasedAt }: Truth, { scheduler }: World, cidr: string, node: string): void {
  erased.set(cidr, node);
  erasedAt.set(`${node} ${cidr}`, scheduler.now());
}

/** Whether the node was told of a subnet by a write that was under way while the world took the claim away, so that nothing spoke of it in between. */
function isToldTooLate({ erasedAt, toldAt }: Truth, [{ node }, cidr]: Place): boolean {
  const lateMs = (toldAt.get(`${node} ${cidr}`) ?? Number.NaN) - (erasedAt.get(`${node} ${cidr}`) ?? Number.NaN);
  return lateMs > 0 && lateMs < slowestMs;
}

/** Subnets that a machine was told of not long ago, so that its agent may yet act on that though a restore has undone it meanwhile. */
export function toldOf({ toldAt }: Truth, { scheduler }: Pick<World, "scheduler">, { node }: Machine): string[] {
  const since = scheduler.now() - unsettledMs;
  return Array.from(toldAt).flatMap(([place, atMs]) => {
    const [name, cidr = ""] = place.split(" ");
    return name === node && atMs >= since ? [cidr] : [];
  });
}

/** Counts that a machine was given up on, which the protocol leaves to people. */
export function forsake(world: World, [machine, cidr]: Place): void {
  world.coverage.hit("machineGivenUp");
  machine.forsaken.add(cidr);
}

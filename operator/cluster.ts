import {
  fieldManagers,
  ledgerName,
  nodeNetworkResource,
  nodeSubnetResource,
  podNetworkResource,
  rangeLedgerResource,
} from "../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../crds/types.ts";
import { type Node, nodes, serviceCIDRs } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createInformer, type Informer, type InformerOptions, type InformerProblem } from "../lib/kube/informer.ts";
import { type ObjectsWorld, objectsWorld } from "../lib/kube/objects.ts";
import type { KubeObject, Resource, Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import type { Allocation } from "./plan/allocate.ts";
import { nodeNetworkKind } from "./plan/node-networks.ts";
import { nodeSubnetKind } from "./plan/node-subnets.ts";
import { rangeLedgerKind } from "./plan/recovery.ts";
import { readNode } from "./plan/read.ts";
import type { Hearing } from "./plan/sightings.ts";
import type { Snapshot } from "./plan/snapshot.ts";
import { setsServicesAside } from "./plan/set-aside.ts";
import { createReadings, type Readings } from "./readings.ts";
import { createServiceRanges } from "./service-ranges.ts";

/** PodNetworks in the API. */
export const podNetworks: Resource<PodNetwork> = podNetworkResource;
/** NodeSubnets in the API. */
export const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
/** NodeNetworks in the API. */
export const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
/** RangeLedgers in the API. */
export const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

export interface ClusterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Something that a plan depends on may have changed, e.g. `"NodeSubnet 10.244.1.0-24"`. */
  readonly onChange: (because: string) => void;
  readonly onProblem: (resource: string, problem: InformerProblem) => void;
  /** What is read of objects; default its own. */
  readonly readings?: Readings;
}

/** The cluster, as far as the operator sees and writes it. */
export interface Cluster {
  readonly client: KubeClient;
  readonly claims: ObjectsWorld<NodeSubnet>;
  readonly records: ObjectsWorld<NodeNetwork>;
  readonly ledgers: ObjectsWorld<RangeLedger>;
  /** Follows the server until the signal fires; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Kind → whether it is known in full. */
  synced(): Readonly<Record<string, boolean>>;
  /** Seconds since the server was last heard, of the kind that waits longest. */
  staleSeconds(): number;
  /** All of it, from local copies that show everything written here; the same snapshot as before while nothing differs. */
  gather(): Promise<Snapshot>;
  /** The plan of a snapshot, made once for each. */
  allocation(snapshot: Snapshot): Allocation;
  /** The steps that bring NodeNetworks to that plan, made once for each snapshot and hearer. */
  told(snapshot: Snapshot, hearing?: Hearing): readonly Step<NodeNetwork>[];
  /**
   * All of it, asked anew, but for the Nodes. In this order, each one after the answer to the one before: the ledger, NodeNetworks, claims, networks; so what
   * an object refers to is in view, unless it is gone, and an entry that was closing in the ledger shows its last claims.
   */
  gatherNow(): Promise<Snapshot>;
  /** What new claims stand on, asked anew: the ledger, and what nodes have. */
  groundNow(): Promise<Pick<Snapshot, "ledger" | "records">>;
  /** How often the server showed an older state than before. */
  timesBack(): number;
  /** Call with what a write gave: `gather` then waits for it. */
  wrote(object: Stored<PodNetwork> | Stored<Node>): void;
}

/** A list as a safety net against anything a watch may have missed. */
const relistSeconds = 900;

/** A page of so many of these small objects is read at once; a joining node waits for all of them. */
const inFewPages = { pageSize: 2_500 };

/** How long `gather` waits for a write of ours to be seen before it goes on without. */
const observedWithinMs = 2_000;

/** Informers and writers of all kinds; nothing happens before `run`. */
export function createCluster(options: ClusterOptions): Cluster {
  const { client, readings = createReadings() } = options;
  const copies = createCopies(options, readings);
  const fieldManager = fieldManagers.operator;
  const claimKind = { resource: nodeSubnets, kind: nodeSubnetKind, tracksOwners: false };
  const claims = objectsWorld({ client, ...claimKind, fieldManager, informer: copies.claims });
  const records = objectsWorld({ client, resource: nodeNetworks, kind: nodeNetworkKind, fieldManager, informer: copies.records });
  const ledgers = objectsWorld({ client, resource: rangeLedgers, kind: rangeLedgerKind, fieldManager, informer: copies.ledgers });
  const read = createReader(options, readings, () => copies.nodes.list());
  return {
    client,
    claims,
    records,
    ledgers,
    run: async (signal) => {
      await Promise.all(Object.values(copies).map((copy) => copy.run(signal)));
    },
    synced: () => Object.fromEntries(Object.entries(copies).map(([kind, copy]) => [kind, copy.synced])),
    staleSeconds: () => Math.max(...Object.values(copies).map((copy) => copy.staleSeconds())),
    async gather() {
      const patience = { timeoutMs: observedWithinMs };
      await Promise.all([copies.networks.caughtUp(patience), copies.nodes.caughtUp(patience)]);
      const [stored, found, written] = await Promise.all([ledgers.observe(), claims.observe(), records.observe()]);
      const ledger = stored.find(({ metadata }) => metadata.name === ledgerName);
      const snapshot = await read({ ledger, networks: copies.networks.list(), claims: found, records: written });
      readings.keep(snapshot);
      return snapshot;
    },
    allocation: readings.allocation,
    told: readings.told,
    async gatherNow() {
      const ledger = await client.get(rangeLedgers, ledgerName);
      const { items: records } = await client.listAll(nodeNetworks, inFewPages);
      const { items: claims } = await client.listAll(nodeSubnets, inFewPages);
      const { items: networks } = await client.listAll(podNetworks);
      return read({ ledger, networks, claims, records });
    },
    async groundNow() {
      const [ledger, { items }] = await Promise.all([
        client.get(rangeLedgers, ledgerName),
        client.listAll(nodeNetworks, inFewPages),
      ]);
      return { ledger: ledger && readings.ledger(ledger), records: items.map(readings.record) };
    },
    timesBack: () => Object.values(copies).reduce((sum, copy) => sum + copy.timesBack, 0),
    wrote({ kind, metadata }) {
      (kind === podNetworks.kind ? copies.networks : copies.nodes).wrote({ version: metadata.resourceVersion });
    },
  };
}

/** Reads what was listed, with all Nodes, and where Services are, if that matters to a network. */
function createReader(
  { client, clock, onProblem }: ClusterOptions,
  readings: Readings,
  listNodes: () => Listed["nodes"],
): (listed: Omit<Listed, "nodes">) => Promise<Snapshot> {
  const serviceRanges = createServiceRanges({
    client,
    clock,
    onProblem: (problem) => onProblem(serviceCIDRs.kind, problem),
  });
  return async (listed) => {
    const snapshot = snapshotOf(readings, { ...listed, nodes: listNodes() });
    if (!snapshot.networks.some(setsServicesAside)) return readings.known(snapshot);
    return readings.known({ ...snapshot, services: await serviceRanges.known() });
  };
}

interface Listed {
  readonly ledger: Stored<RangeLedger> | undefined;
  readonly nodes: readonly Stored<Node>[];
  readonly networks: readonly Stored<PodNetwork>[];
  readonly claims: readonly Stored<NodeSubnet>[];
  readonly records: readonly Stored<NodeNetwork>[];
}

function snapshotOf(readings: Readings, { ledger, nodes, networks, claims, records }: Listed): Snapshot {
  return {
    ledger: ledger && readings.ledger(ledger),
    nodes: nodes.map(readings.node),
    networks: networks.map(readings.network),
    claims: claims.flatMap((object) => readings.claim(object) ?? []),
    records: records.map(readings.record),
  };
}

/** The local copies, by the field of a snapshot that each one feeds. */
interface Copies {
  readonly networks: Informer<PodNetwork>;
  readonly nodes: Informer<Node>;
  readonly claims: Informer<NodeSubnet>;
  readonly records: Informer<NodeNetwork>;
  readonly ledgers: Informer<RangeLedger>;
}

function createCopies({ client, clock, random, onChange, onProblem }: ClusterOptions, { project }: Readings): Copies {
  const informerOf = <T extends KubeObject>(resource: Resource<T>, part: Partial<InformerOptions<T>> = {}) =>
    createInformer({
      client,
      resource,
      clock,
      random,
      relistSeconds,
      relistInDoubt: true,
      onChange: (key) => onChange(`${resource.kind} ${key}`),
      onProblem: (problem) => onProblem(resource.kind, problem),
      ...part,
    });
  const [isNewNode, isNewRecord] = [createNovelty(), createNovelty()];
  const copies: Copies = {
    networks: informerOf(podNetworks),
    claims: informerOf(nodeSubnets),
    records: informerOf(nodeNetworks, {
      onChange: (name) => {
        if (isNewRecord(name, factsOfRecord(copies.records.get(name)))) onChange(`${nodeNetworks.kind} ${name}`);
      },
    }),
    ledgers: informerOf(rangeLedgers),
    nodes: informerOf(nodes, {
      project,
      onChange: (name) => {
        if (isNewNode(name, factsOfNode(copies.nodes.get(name)))) onChange(`${nodes.kind} ${name}`);
      },
    }),
  };
  return copies;
}

/** A kubelet's sign of life changes none of them. */
function factsOfNode(object: Stored<Node> | undefined): string | undefined {
  if (object === undefined) return undefined;
  const { resourceVersion: _, ...facts } = readNode(object);
  return JSON.stringify(facts, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

/**
 * An agent's sign of life changes none of them: in a large cluster one comes all the time, and a pass for each would be one without end. Passes that have another
 * reason, or none, see it.
 */
function factsOfRecord(object: Stored<NodeNetwork> | undefined): string | undefined {
  if (object === undefined) return undefined;
  const { observedAt: _, ...status } = object.status ?? {};
  return JSON.stringify([object.metadata.uid, object.metadata.generation, object.metadata.deletionTimestamp, status]);
}

/** Gives whether the facts of a name are others than at its last question; undefined where there is no such object. */
function createNovelty(): (name: string, facts: string | undefined) => boolean {
  const seen = new Map<string, string>();
  return (name, facts) => {
    if (seen.get(name) === facts) return false;
    if (facts === undefined) seen.delete(name);
    else seen.set(name, facts);
    return true;
  };
}

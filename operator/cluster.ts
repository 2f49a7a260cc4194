import {
  fieldManagers,
  ledgerName,
  nodeNetworkResource,
  nodeSubnetResource,
  podNetworkResource,
  rangeLedgerResource,
} from "../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../crds/types.ts";
import { type Node, nodes } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createInformer, type Informer, type InformerOptions, type InformerProblem } from "../lib/kube/informer.ts";
import { type ObjectsWorld, objectsWorld } from "../lib/kube/objects.ts";
import type { KubeObject, Resource, Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Allocation, allocate } from "./plan/allocate.ts";
import { nodeNetworkKind } from "./plan/node-networks.ts";
import { nodeSubnetKind } from "./plan/node-subnets.ts";
import { rangeLedgerKind } from "./plan/recovery.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "./plan/read.ts";
import type { Ledger, Snapshot } from "./plan/snapshot.ts";

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
  /**
   * All of it, asked anew, but for the Nodes. In this order, each one after the answer to the one before: the ledger, NodeNetworks, claims, networks; so what
   * an object refers to is in view, unless it is gone, and an entry that was closing in the ledger shows its last claims.
   */
  gatherNow(): Promise<Snapshot>;
  /** The ledger, asked anew. */
  ledgerNow(): Promise<Ledger | undefined>;
  /** How often the server showed an older state than before. */
  timesBack(): number;
  /** Call with what a write gave: `gather` then waits for it. */
  wrote(object: Stored<PodNetwork> | Stored<Node>): void;
}

/** A list as a safety net against anything a watch may have missed. */
const relistSeconds = 900;

/** How long `gather` waits for a write of ours to be seen before it goes on without. */
const observedWithinMs = 2_000;

/** Informers and writers of all kinds; nothing happens before `run`. */
export function createCluster(options: ClusterOptions): Cluster {
  const { client } = options;
  const copies = createCopies(options);
  const fieldManager = fieldManagers.operator;
  const claimKind = { resource: nodeSubnets, kind: nodeSubnetKind, tracksOwners: false };
  const claims = objectsWorld({ client, ...claimKind, fieldManager, informer: copies.claims });
  const records = objectsWorld({ client, resource: nodeNetworks, kind: nodeNetworkKind, fieldManager, informer: copies.records });
  const ledgers = objectsWorld({ client, resource: rangeLedgers, kind: rangeLedgerKind, fieldManager, informer: copies.ledgers });
  const readers = createReaders();
  const ledgerNow = async () => readers.ledger(await client.get(rangeLedgers, ledgerName));
  const nodesNow = () => copies.nodes.list().map(readers.node);
  let last: Snapshot | undefined;
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
      const ledger = readers.ledger(stored.find(({ metadata }) => metadata.name === ledgerName));
      const next = { ledger, nodes: nodesNow(), ...readers.rest(copies.networks.list(), found, written) };
      last = last !== undefined && isSame(last, next) ? last : next;
      return last;
    },
    allocation: remembered(allocate),
    async gatherNow() {
      const ledger = await ledgerNow();
      const written = await client.listAll(nodeNetworks);
      const found = await client.listAll(nodeSubnets);
      const wanted = await client.listAll(podNetworks);
      return { ledger, nodes: nodesNow(), ...readers.rest(wanted.items, found.items, written.items) };
    },
    ledgerNow,
    timesBack: () => Object.values(copies).reduce((sum, copy) => sum + copy.timesBack, 0),
    wrote({ kind, metadata }) {
      (kind === podNetworks.kind ? copies.networks : copies.nodes).wrote({ version: metadata.resourceVersion });
    },
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

function createCopies({ client, clock, random, onChange, onProblem }: ClusterOptions): Copies {
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
      project: projectNode,
      onChange: (name) => {
        if (isNewNode(name, factsOfNode(copies.nodes.get(name)))) onChange(`${nodes.kind} ${name}`);
      },
    }),
  };
  return copies;
}

/** The readers of plan/read.ts, each of which reads an unchanged object once. */
function createReaders() {
  const network = remembered(readNetwork);
  const claim = remembered((object: Stored<NodeSubnet>) => readClaim(object));
  const record = remembered(readRecord);
  const ledger = remembered(readLedger);
  return {
    ledger: (object: Stored<RangeLedger> | undefined): Ledger | undefined => object && ledger(object),
    node: remembered(readNode),
    rest: (
      networks: readonly Stored<PodNetwork>[],
      claims: readonly Stored<NodeSubnet>[],
      records: readonly Stored<NodeNetwork>[],
    ): Omit<Snapshot, "nodes" | "ledger"> => ({
      networks: networks.map(network),
      claims: claims.flatMap((object) => claim(object) ?? []),
      records: records.map(record),
    }),
  };
}

/** What the plans read of a Node; kubelets write the rest of it all day. */
function projectNode({ metadata, spec, status }: Stored<Node>): Stored<Node> {
  const { name, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels } = metadata;
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(labels !== undefined && { labels }),
    },
    spec: { podCIDRs: spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]) },
    status: {
      ...(status?.nodeInfo !== undefined && { nodeInfo: status.nodeInfo }),
      addresses: status?.addresses ?? [],
      conditions: (status?.conditions ?? []).filter(({ type }) => type === "Ready" || type === "NetworkUnavailable"),
    },
  };
}

/** A kubelet's sign of life changes none of them. */
function factsOfNode(object: Stored<Node> | undefined): string | undefined {
  return object && JSON.stringify(readNode(object));
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

/** Whether two snapshots hold the very same objects in the same order. */
function isSame(a: Snapshot, b: Snapshot): boolean {
  const sameItems = (one: readonly object[], other: readonly object[]) =>
    one.length === other.length && one.every((item, at) => item === other[at]);
  return (
    a.ledger === b.ledger &&
    sameItems(a.networks, b.networks) &&
    sameItems(a.nodes, b.nodes) &&
    sameItems(a.claims, b.claims) &&
    sameItems(a.records, b.records)
  );
}

/** The same function, which works once per object as long as that is the same one. */
function remembered<In extends object, Out>(read: (object: In) => Out): (object: In) => Out {
  const known = new WeakMap<In, { readonly value: Out }>();
  return (object) => {
    const found = known.get(object) ?? { value: read(object) };
    known.set(object, found);
    return found.value;
  };
}

import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../crds/types.ts";
import type { Node } from "../lib/kube/builtin.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import { type Allocation, allocate } from "./plan/allocate.ts";
import { nodeNetworkSteps } from "./plan/node-networks.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "./plan/read.ts";
import { allHaveSpoken, type Hearing } from "./plan/sightings.ts";
import type { Claim, Ledger, Network, NodeFacts, NodeRecord, Snapshot } from "./plan/snapshot.ts";

/** What objects and snapshots come to, each read and planned once as long as it is the same one; clusters may share it. */
export interface Readings {
  readonly network: (object: Stored<PodNetwork>) => Network;
  readonly node: (object: Stored<Node>) => NodeFacts;
  readonly claim: (object: Stored<NodeSubnet>) => Claim | undefined;
  readonly record: (object: Stored<NodeNetwork>) => NodeRecord;
  readonly ledger: (object: Stored<RangeLedger>) => Ledger;
  /** A Node without what no plan reads. */
  readonly project: (object: Stored<Node>) => Stored<Node>;
  /** One of the latest snapshots that holds the very same objects in the same order; the same snapshot where there is none. */
  readonly known: (snapshot: Snapshot) => Snapshot;
  /** Makes it one of the latest. */
  readonly keep: (snapshot: Snapshot) => void;
  readonly allocation: (snapshot: Snapshot) => Allocation;
  /** The steps of `nodeNetworkSteps` for a snapshot and its allocation, to somebody who has heard this. */
  readonly told: (snapshot: Snapshot, hearing?: Hearing) => readonly Step<NodeNetwork>[];
}

/** Nothing read yet. So many of the latest snapshots are known again; default 1, since a large cluster's are large. */
export function createReadings(latest = 1): Readings {
  const snapshots: Snapshot[] = [];
  const allocation = remembered(allocate);
  const toldTo = remembered((hearing: Hearing) =>
    remembered((snapshot: Snapshot) => nodeNetworkSteps(snapshot, allocation(snapshot), hearing)),
  );
  return {
    network: remembered(readNetwork),
    node: remembered(readNode),
    claim: remembered((object: Stored<NodeSubnet>) => readClaim(object)),
    record: remembered(readRecord),
    ledger: remembered(readLedger),
    project: remembered(projectNode),
    known: (snapshot) => snapshots.find((one) => isSame(one, snapshot)) ?? snapshot,
    keep(snapshot) {
      if (snapshots.includes(snapshot)) return;
      snapshots.push(snapshot);
      if (snapshots.length > latest) snapshots.shift();
    },
    allocation,
    told: (snapshot, hearing = allHaveSpoken) => toldTo(hearing)(snapshot),
  };
}

/** Kubelets write the rest of it all day. */
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
    spec: projectSpec(spec),
    status: {
      ...(status?.nodeInfo !== undefined && { nodeInfo: status.nodeInfo }),
      addresses: status?.addresses ?? [],
      conditions: (status?.conditions ?? []).filter(({ type }) => type === "Ready" || type === "NetworkUnavailable"),
    },
  };
}

function projectSpec({ podCIDR, podCIDRs, taints }: NonNullable<Node["spec"]> = {}): NonNullable<Node["spec"]> {
  return {
    podCIDRs: podCIDRs ?? (podCIDR === undefined ? [] : [podCIDR]),
    ...(taints !== undefined && { taints }),
  };
}

/** Whether two snapshots hold the very same objects in the same order. */
function isSame(a: Snapshot, b: Snapshot): boolean {
  return (
    a.ledger === b.ledger &&
    a.services === b.services &&
    sameItems(a.networks, b.networks) &&
    sameItems(a.nodes, b.nodes) &&
    sameItems(a.claims, b.claims) &&
    sameItems(a.records, b.records)
  );
}

function sameItems(one: readonly object[], other: readonly object[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}

/** The same function, which works once per object as long as that is the same one. */
function remembered<In extends object, Out>(read: (object: In) => Out): (object: In) => Out {
  const known = new WeakMap<In, { readonly value: Out }>();
  return (object) => {
    let found = known.get(object);
    if (found === undefined) known.set(object, (found = { value: read(object) }));
    return found.value;
  };
}

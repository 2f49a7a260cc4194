import { nodeSubnetName } from "../../crds/names.ts";
import type {
  Condition,
  NodeNetwork,
  NodeSubnet,
  NodeSubnetSpec,
  PodNetwork,
  PodNetworkRange,
  PodNetworkSpec,
  PodNetworkStatus,
  RangeLedgerSpec,
} from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { ledgerStep } from "../../operator/plan/recovery.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "../../operator/plan/read.ts";
import type { Claim, Ledger, Network, NodeFacts, NodeRecord, Snapshot } from "../../operator/plan/snapshot.ts";
import { specDefaults } from "./spec-defaults.ts";

/** When every object of these tests was created, unless it says otherwise. */
export const bornAt = "2026-01-01T00:00:00Z";

/** The same in milliseconds. */
export const bornAtMs = Date.parse(bornAt);

type MetaPart = Partial<Stored<PodNetwork>["metadata"]>;

/** Metadata as the server gives it. */
export function storedMeta(name: string, part: MetaPart = {}): Stored<PodNetwork>["metadata"] {
  return { name, uid: `uid-${name}`, resourceVersion: "1", generation: 1, creationTimestamp: bornAt, ...part };
}

export interface NetworkPart {
  readonly name?: string;
  /** Ranges are Active unless they say otherwise. */
  readonly spec?: Partial<Omit<PodNetworkSpec, "ranges">> & { readonly ranges?: readonly RangePart[] };
  readonly meta?: MetaPart;
  readonly status?: PodNetworkStatus;
}

/** A range; Active unless it says otherwise. */
export type RangePart = Omit<PodNetworkRange, "state"> & Partial<Pick<PodNetworkRange, "state">>;

/** A PodNetwork of 10.244.0.0/16 with /24 per node, or of what `spec` says. */
export function podNetwork({ name = "default", spec = {}, meta = {}, status }: NetworkPart = {}): Stored<PodNetwork> {
  const { ranges = [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }], ...others } = spec;
  return {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    metadata: storedMeta(name, meta),
    spec: {
      ranges: ranges.map((range) => ({ state: "Active", ...range })),
      ...specDefaults,
      ...others,
    },
    ...(status !== undefined && { status }),
  };
}

/** The same, read. */
export function network(part: NetworkPart = {}): Network {
  return readNetwork(podNetwork(part));
}

/** A network of these ranges, each with /24 or /64 per node. */
export function networkOf(name: string, cidrs: readonly string[], part: Omit<NetworkPart, "name"> = {}): Network {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return network({ ...part, name, spec: { ...part.spec, ranges } });
}

export interface NodePart {
  /** `"InternalIP"` addresses. */
  readonly addresses?: readonly string[];
  readonly external?: readonly string[];
  readonly labels?: Record<string, string>;
  readonly conditions?: NonNullable<Node["status"]>["conditions"];
  readonly podCIDRs?: string[];
  readonly machineID?: string;
  readonly meta?: MetaPart;
}

/** A Node; node-7 has the address 192.168.1.17 unless another is given. */
export function node(
  name: string,
  { addresses, external = [], labels = {}, conditions = [], podCIDRs = [], machineID, meta = {} }: NodePart = {},
): NodeFacts {
  const internal = addresses ?? [`192.168.1.1${name.replace(/^\D*/, "")}`];
  return readNode({
    metadata: { ...storedMeta(name, meta), labels },
    spec: { podCIDRs },
    status: {
      ...(machineID !== undefined && { nodeInfo: { machineID, bootID: "boot" } }),
      addresses: [
        ...internal.map((address) => ({ type: "InternalIP", address })),
        ...external.map((address) => ({ type: "ExternalIP", address })),
        { type: "Hostname", address: name },
      ],
      conditions,
    },
  });
}

/** A claim of a prefix for a node of a network; Active, of epoch 1 of the incarnation "first", unless `part` says otherwise. */
export function claim(
  cidr: string,
  owner: NodeFacts,
  of: Pick<Network, "name" | "uid"> = { name: "default", uid: "uid-default" },
  part: Partial<NodeSubnetSpec> = {},
): Claim {
  const object: Stored<NodeSubnet> = {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: storedMeta(nodeSubnetName(cidr)),
    spec: {
      network: of.name,
      networkUID: of.uid,
      node: owner.name,
      nodeUID: owner.uid,
      cidr,
      state: "Active",
      incarnation: "first",
      epoch: 1,
      nextHops: [],
      nodeAddresses: [],
      ...part,
    },
  };
  const read = readClaim(object);
  if (read === undefined) throw new Error(`no prefix: ${cidr}`);
  return read;
}

/** A ledger of the incarnation "first", without entries unless `part` has some. */
export function ledger(part: Partial<RangeLedgerSpec> = {}): Ledger {
  return readLedger({
    apiVersion: "podnet.dev/v1alpha1",
    kind: "RangeLedger",
    metadata: storedMeta("cluster"),
    spec: { incarnation: "first", epoch: 0, releaseSequence: 0, entries: [], ...part },
  });
}

/** The snapshot with the ledger that its networks and claims lead to, as the operator would write it after a fresh install. */
export function withLedger(parts: Partial<Snapshot>): Snapshot {
  const snapshot = { ledger: ledger(), networks: [], nodes: [], claims: [], records: [], ...parts };
  const next = ledgerStep(snapshot, { nowMs: bornAtMs, newIncarnation: "first", recoverySeconds: 300 });
  if (next?.step.want === undefined) return snapshot;
  const { recovery: _, ...spec } = next.step.want.spec;
  return { ...snapshot, ledger: ledger(spec) };
}

/** A stored NodeNetwork, read. */
export function record(object: NodeNetwork, meta: MetaPart = {}): NodeRecord {
  return readRecord({ ...object, metadata: storedMeta(object.metadata.name, meta) });
}

/** A condition of this status. */
export function condition(type: string, status: Condition["status"], part: Partial<Condition> = {}): Condition {
  return { type, status, reason: "Test", message: "", lastTransitionTime: bornAt, observedGeneration: 1, ...part };
}

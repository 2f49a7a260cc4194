import type { Issue } from "../../crds/issue.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import type { NodeCondition, Taint } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { Family } from "../../lib/net/address.ts";
import type { Prefix } from "../../lib/net/prefix.ts";

/** One range of a network. */
export interface NetworkRange {
  /** e.g. `"10.244.0.0/16"`. */
  readonly cidr: string;
  readonly prefix: Prefix;
  /** The length of every node's subnet in it, e.g. 24. */
  readonly subnetLength: number;
  /** Nothing new is given from it, and nodes move off it. */
  readonly draining: boolean;
}

/** A subnet set aside for one node. */
export interface StaticSubnet {
  /** The node's name. */
  readonly node: string;
  readonly prefix: Prefix;
}

/** A PodNetwork, read. */
export interface Network {
  readonly name: string;
  readonly uid: string;
  /** RFC 3339 text, to the second. */
  readonly createdAt: string;
  readonly deleting: boolean;
  /** What is wrong with the object. Where anything is, its lists are empty: nothing is given from it, nothing taken away. */
  readonly issues: readonly Issue[];
  readonly ranges: readonly NetworkRange[];
  readonly reserved: readonly Prefix[];
  readonly statics: readonly StaticSubnet[];
  /** Where the addresses of its nodes are; none: anywhere. */
  readonly nodeCidrs: readonly Prefix[];
  readonly object: Stored<PodNetwork>;
}

/** A claim, read. */
export interface Claim {
  readonly prefix: Prefix;
  readonly object: NodeSubnet;
}

/** A range in use, as the ledger has it. */
export interface LedgerEntry {
  /** e.g. `"10.244.0.0/16"`. */
  readonly cidr: string;
  readonly prefix: Prefix;
  readonly subnetLength: number;
  /** Name and UID of the network that has it. */
  readonly network: string;
  readonly networkUID: string;
  readonly epoch: number;
  /** Whether subnets are cut from it; else it goes with its last claim. */
  readonly open: boolean;
}

/** The RangeLedger, read. */
export interface Ledger {
  readonly incarnation: string;
  /** Pairwise disjoint. */
  readonly entries: readonly LedgerEntry[];
  /** Nothing new is given until the agents have reported what they have. */
  readonly recovering: boolean;
  readonly object: Stored<RangeLedger>;
}

/** What the kubelet last said of itself: `Unknown` is the control plane's word for silence, `Never` means it has not spoken yet. */
export type Readiness = "True" | "False" | "Unknown" | "Never";

/** A Node, read. */
export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  /** Of the Node as it was read. */
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly deleting: boolean;
  readonly readiness: Readiness;
  /** Of the machine, as its kubelet says; undefined where it does not. */
  readonly machineID: string | undefined;
  /** The podCIDRs of its spec that are prefixes in canonical form. */
  readonly podCIDRs: readonly Prefix[];
  /** Every InternalIP, in the Node's own order, in canonical form. */
  readonly internalAddresses: readonly string[];
  /** Every InternalIP and ExternalIP, once each, sorted, in canonical form. */
  readonly allAddresses: readonly string[];
  /** The same, as prefixes of one address each. */
  readonly hosts: readonly Prefix[];
  /** The Node's condition of this type, whoever wrote it. */
  readonly networkUnavailable: NodeCondition | undefined;
  /** Where it has taints that stand for a network that is not there yet: its other taints. */
  readonly startupTaint: { readonly others: readonly Taint[] } | undefined;
}

/** A NodeNetwork, read. */
export interface NodeRecord {
  readonly node: string;
  /** The subnets in its spec, in their order. */
  readonly subnets: readonly Prefix[];
  readonly object: Stored<NodeNetwork>;
}

/** Everything a plan is made of. The order of no list matters. */
export interface Snapshot {
  /** Undefined where there is none yet, or no longer. */
  readonly ledger: Ledger | undefined;
  readonly networks: readonly Network[];
  readonly nodes: readonly NodeFacts[];
  readonly claims: readonly Claim[];
  readonly records: readonly NodeRecord[];
  /** Where Services get their addresses from; undefined: not known, or not asked since no network sets them aside. */
  readonly services?: readonly Prefix[] | undefined;
}

/** The family's name for people. */
export function familyName(family: Family): "IPv4" | "IPv6" {
  return family === 4 ? "IPv4" : "IPv6";
}

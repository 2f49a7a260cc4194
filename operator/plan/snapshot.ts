import type { Issue } from "../../crds/issue.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { NodeCondition } from "../../lib/kube/builtin.ts";
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
}

/** A PodNetwork, read. */
export interface Network {
  readonly name: string;
  readonly uid: string;
  /** RFC 3339 text, to the second. */
  readonly createdAt: string;
  readonly deleting: boolean;
  /** What is wrong with the object. Where anything is, `ranges` and `reserved` are empty: nothing is given from it, nothing taken away. */
  readonly issues: readonly Issue[];
  readonly ranges: readonly NetworkRange[];
  readonly reserved: readonly Prefix[];
  readonly object: Stored<PodNetwork>;
}

/** A claim, read. */
export interface Claim {
  readonly prefix: Prefix;
  readonly object: NodeSubnet;
}

/** What the kubelet last said of itself: `Unknown` is the control plane's word for silence, `Never` means it has not spoken yet. */
export type Readiness = "True" | "False" | "Unknown" | "Never";

/** A Node, read. */
export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly deleting: boolean;
  readonly readiness: Readiness;
  /** The first InternalIP of each family, IPv4 first, in canonical form. */
  readonly internalAddresses: readonly string[];
  /** Every InternalIP and ExternalIP, once each, sorted, in canonical form. */
  readonly allAddresses: readonly string[];
  /** The Node's condition of this type, whoever wrote it. */
  readonly networkUnavailable: NodeCondition | undefined;
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
  readonly networks: readonly Network[];
  readonly nodes: readonly NodeFacts[];
  readonly claims: readonly Claim[];
  readonly records: readonly NodeRecord[];
}

/** The family's name for people. */
export function familyName(family: Family): "IPv4" | "IPv6" {
  return family === 4 ? "IPv4" : "IPv6";
}

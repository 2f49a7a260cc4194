import type { PodNetworkStatusRange } from "../../crds/types.ts";
import type { NetworkChange } from "./candidate.ts";
import type { Refusal } from "./refusal.ts";

/** What a plan says. Its JSON is for programs: fields may come, none goes or changes its meaning within a version. */
export interface PlanReport {
  readonly version: 1;
  readonly verdict: "NoChange" | "Change" | "Refused";
  /** One line for people. */
  readonly summary: string;
  /** When the cluster was read, RFC 3339. */
  readonly takenAt: string;
  readonly refusals: readonly Refusal[];
  /** Every network of the cluster and of the files, by name. */
  readonly networks: readonly NetworkReport[];
  /** Nodes for which anything changes, in the order in which the operator serves them. */
  readonly nodes: readonly NodeReport[];
  readonly routes: RouteReport;
  readonly ledger: readonly EntryChange[];
  readonly warnings: readonly Warning[];
  /** What admission says though it lets a change through. */
  readonly notes: readonly Note[];
}

export interface NetworkReport {
  readonly name: string;
  readonly change: NetworkChange;
  readonly file?: string;
  /** Whether all of it is accepted; one that waits for a range is not. */
  readonly accepted: boolean;
  /** Who refuses it. */
  readonly refusedBy?: Refusal["by"];
  readonly nodes: {
    readonly members: number;
    /** Nodes that get a subnet, that keep all they have, and that lose one. */
    readonly get: number;
    readonly keep: number;
    readonly lose: number;
  };
  readonly before?: CapacityReport;
  readonly after?: CapacityReport;
  readonly drain?: DrainReport;
  readonly deletion?: DeletionReport;
}

export interface CapacityReport {
  readonly ranges: readonly PodNetworkStatusRange[];
  readonly nodesUntilExhaustion: number;
}

/** A network's nodes that leave ranges. */
export interface DrainReport {
  readonly ranges: readonly string[];
  /** Nodes that may be under way at once, and what says so. */
  readonly budget: number;
  readonly maxUnavailableNodes: number | string;
  readonly paused: boolean;
  /** Nodes under way, and those that wait for their turn. */
  readonly moving: readonly string[];
  readonly waiting: readonly string[];
  /** Family → subnets that waiting nodes still need, and those that are free for them. */
  readonly room: readonly { readonly family: "IPv4" | "IPv6"; readonly needed: number; readonly free: number }[];
}

/** What a deletion waits for, by the agents' last reports. */
export interface DeletionReport {
  readonly pods: number;
  readonly nodes: readonly { readonly node: string; readonly pods: number }[];
  /** Nodes whose agent has not reported how many. */
  readonly unknown: readonly string[];
  /** How long its subnets rest after the last pod. */
  readonly holdSeconds: number;
}

export interface NodeReport {
  readonly node: string;
  readonly network: string;
  readonly gets: readonly { readonly cidr: string; readonly because: string }[];
  readonly keeps: readonly string[];
  readonly loses: readonly { readonly cidr: string; readonly how: Loss }[];
  readonly nodeNetwork: NodeNetworkChange;
  /** Routes to other nodes' subnets. */
  readonly routes: RouteCounts;
}

/** Draining now; Waiting for its turn to drain; with its network; or not used by the node any more. */
export type Loss = "Draining" | "Waiting" | "NetworkDeleted" | "Unused";

export interface NodeNetworkChange {
  readonly change: "New" | "Changed" | "None";
  /** Of the spec; `from` is 0 where there was none. */
  readonly configGeneration: { readonly from: number; readonly to: number };
  /** Fields of the spec that differ. */
  readonly fields: readonly string[];
}

export interface RouteCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** Changes of what every node with a network routes to; a node has none to its own subnets, and a new one gets them all. */
export interface RouteReport {
  /** Of all nodes. */
  readonly total: RouteCounts;
  readonly nodes: number;
  readonly changes: readonly RouteChange[];
}

export interface RouteChange {
  readonly change: "Added" | "Changed" | "Removed";
  readonly cidr: string;
  readonly node: string;
  readonly via: string;
}

export interface EntryChange {
  readonly change: "Enters" | "Closes" | "Leaves";
  readonly cidr: string;
  readonly nodePrefixLength: number;
  readonly network: string;
  readonly epoch: number;
}

export interface Note {
  readonly network: string;
  readonly message: string;
}

export interface Warning {
  /** Empty where it is about none. */
  readonly network: string;
  readonly code: string;
  readonly message: string;
}

import type { RangeLedgerRecovery } from "../../crds/types.ts";
import { containsPrefix, type Prefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import type { DriftWord } from "./drift.ts";
import type { Blockers } from "./finalize.ts";
import type { Member } from "./member.ts";
import type { Ambiguity } from "./membership.ts";
import type { AddressConflict } from "./node-addresses.ts";
import type { Waiting } from "./hold.ts";
import { joiningMs, type NodeProgress, type Progress } from "./node-progress.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Unadopted } from "./pod-cidr.ts";
import type { Reaching } from "./reachability.ts";
import type { AllocationFailure } from "./refusal.ts";
import type { RefusedForNetwork } from "./refused-writes.ts";
import { mostUnavailable } from "./rollout.ts";
import type { Claim, Network, NodeRecord } from "./snapshot.ts";

/** A member and how far it is. */
export interface MemberView {
  readonly member: Member;
  readonly state: NodeProgress;
}

/** What is known of one network when its status is written. */
export interface NetworkView {
  readonly network: Network;
  readonly acceptance: Acceptance;
  /** In the order in which nodes are served. */
  readonly members: readonly MemberView[];
  readonly failures: readonly AllocationFailure[];
  /** Nodes that get nothing because this network and an older one select them alike. */
  readonly ambiguities: readonly Ambiguity[];
  /** Claims of it, in whatever state. */
  readonly claims: readonly Claim[];
  readonly unadopted: readonly Unadopted[];
  /** Node addresses that lie in subnets of it. */
  readonly conflicts: readonly AddressConflict[];
  /** What the agents of its members say of drift. */
  readonly drift: readonly DriftWord[];
  /** Stands after a loss, with the nodes that have yet to report. */
  readonly recovery: (RangeLedgerRecovery & { readonly awaited: readonly string[] }) | undefined;
  /** While Terminating: what was last found in its way; undefined before the first look. */
  readonly blockers: Blockers | undefined;
  readonly refused: RefusedForNetwork;
  /** It waits until it is known where Services are. */
  readonly isServicesUnseen: boolean;
  readonly nowMs: number;
  /** Of the whole cluster: pods of all networks reach each other. */
  readonly reaching: Reaching;
  /** Of the whole cluster. */
  readonly cluster: {
    readonly occupancy: Occupancy;
    readonly claims: readonly Claim[];
    readonly networks: readonly Network[];
    readonly records: readonly NodeRecord[];
    /** Name of a claim at rest → what it waits for. */
    readonly rests: ReadonlyMap<string, Waiting>;
  };
}

/** Nodes that count for Ready, and how many of them may lack something. */
export interface JudgedNodes {
  readonly waitedFor: readonly MemberView[];
  readonly tolerated: number;
}

/**
 * Ready is judged over nodes that are themselves Ready and older than five minutes, tolerating `rollout.maxUnavailableNodes`; all others are counted, not waited
 * for. Two things keep that from calling a network Ready too early, or a broken one Ready for ever:
 * 1. Until it was Ready once, a network younger than five minutes waits for every node that is heard of, young or not, and tolerates none.
 * 2. A node that was never programmed is waited for though it is not Ready, since without a network it cannot be.
 * Nodes that cannot get a subnet are not waited for here: what they lack is a matter of Allocated.
 */
export function judged(view: NetworkView): JudgedNodes {
  const { network, members } = view;
  const stuck = new Set(view.failures.filter(({ isVital }) => isVital).map(({ node }) => node));
  const isFirst = isBeginning(view);
  const left = new Set<Progress>(isFirst ? ["silent"] : ["silent", "joining", "unready"]);
  return {
    waitedFor: members.filter(({ member, state }) => !left.has(state.progress) && !stuck.has(member.node.name)),
    tolerated: isFirst ? 0 : mostUnavailable(network, members.length),
  };
}

function isBeginning({ network, nowMs }: NetworkView): boolean {
  const wasReady = network.object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return !wasReady && nowMs - Date.parse(network.createdAt) < joiningMs;
}

/** Whether the network's spec wants nodes off it: its range is drained, or no longer there. */
export function isUnwanted({ ranges }: Network, prefix: Prefix): boolean {
  return ranges.find((range) => containsPrefix(range.prefix, prefix))?.draining ?? true;
}

/** The first ten, each with what it lacks, e.g. `"node-1 (its agent has not reported yet)"`. */
export function detailList(members: readonly MemberView[]): string {
  return listOf(members, ({ member, state }) => `${member.node.name} (${state.lacks.slice(0, 200)})`);
}

/** As `renderFirst`, with a text made for each of the first ten alone. */
export function listOf<T>(items: readonly T[], text: (item: T) => string): string {
  const rest = items.length - 10;
  return items.slice(0, 10).map(text).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

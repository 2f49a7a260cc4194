import { type PodNetworkConditionType, podNetworkReasons, type Verdict } from "../../crds/conditions.ts";
import { renderIssue } from "../../crds/issue.ts";
import type { Prefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import type { Blockers } from "./finalize.ts";
import { isComplete, type Member } from "./member.ts";
import type { NodeProgress, Progress } from "./node-progress.ts";
import { type AllocationFailure, describeRefusal } from "./refusal.ts";
import type { Network } from "./snapshot.ts";

type NetworkVerdict = Verdict<PodNetworkConditionType>;

/** What is known of one network when its status is written. */
export interface NetworkView {
  readonly network: Network;
  readonly acceptance: Acceptance;
  readonly members: readonly { readonly member: Member; readonly state: NodeProgress }[];
  readonly failures: readonly AllocationFailure[];
  /** Subnets of it that rest. */
  readonly held: readonly Prefix[];
  /** While Terminating: what was last found in its way; undefined before the first look. */
  readonly blockers: Blockers | undefined;
  /** Whether it was Ready until now. */
  readonly wasReady: boolean;
}

/**
 * The conditions of a network. Ready = Accepted ∧ Allocated ∧ Programmed, judged over the nodes that are waited for:
 * 1. A node whose kubelet reports is waited for, Ready or not, since before its first programming it cannot be Ready.
 * 2. A node younger than five minutes is waited for until the network was Ready once; from then on nodes may come without taking Ready away.
 * 3. An older node that is silent is counted, not waited for; some node is always rebooting in a large cluster.
 * 4. Ready is never True with nodes of which none is programmed. A network without nodes is Ready and says so.
 */
export function networkConditions(view: NetworkView): NetworkVerdict[] {
  const parts = [accepted(view), allocated(view), programmed(view)];
  return [...parts, ready(view, parts), reconciling(view, parts), stalled(parts)];
}

/** e.g. `"node-1, node-2 and 7 more"`; at most ten names. */
export function nameList(names: readonly string[]): string {
  const rest = names.length - 10;
  return names.slice(0, 10).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** Reasons that no waiting cures: a person must change something. */
const lasting = new Set<string>(podNetworkReasons.Stalled.filter((reason) => reason !== "NotStalled"));

/** The first of them that a range has is that of the network. */
const refusalReasons = ["OverlapsWith", "LedgerFull", "RangeInUse", "Accepting"] as const;

function accepted({ network, acceptance }: NetworkView): NetworkVerdict {
  const type = "Accepted";
  if (network.issues.length > 0)
    return { type, status: "False", reason: "InvalidSpec", message: network.issues.slice(0, 10).map(renderIssue).join("; ") };
  if (acceptance.refused.length === 0)
    return { type, status: "True", reason: "Accepted", message: "no range overlaps another network's" };
  const worst = refusalReasons.find((reason) => acceptance.refused.some((refusal) => refusal.reason === reason)) ?? "Accepting";
  return { type, status: "False", reason: worst, message: acceptance.refused.map(describeRefusal).join("; ") };
}

function allocated(view: NetworkView): NetworkVerdict {
  const type = "Allocated";
  const [failure] = view.failures;
  if (failure !== undefined) {
    const same = view.failures.filter((other) => other.code === failure.code && other.message === failure.message);
    const message = `${nameList(same.map(({ node }) => node))}: ${failure.message}`;
    return { type, status: "False", reason: failure.code, message };
  }
  const lacking = waitedFor(view).filter(({ member }) => !isComplete(member));
  if (lacking.length > 0)
    return { type, status: "False", reason: "Allocating", message: `subnets are being claimed for ${namesOf(lacking)}` };
  return { type, status: "True", reason: "Allocated", message: `${nodes(view.members.length)} with all subnets` };
}

function programmed(view: NetworkView): NetworkVerdict {
  const type = "Programmed";
  const { members } = view;
  if (members.length === 0) return { type, status: "True", reason: "NoNodes", message: "it has no nodes" };
  const failing = inState(view, "failing");
  if (failing.length > 0)
    return {
      type,
      status: "False",
      reason: "NodesFailing",
      message: `${nodes(failing.length)} could not be programmed: ${details(failing)}`,
    };
  const waiting = waitedFor(view).filter(({ state }) => state.progress !== "programmed");
  if (waiting.length > 0)
    return { type, status: "False", reason: "Programming", message: `waiting for ${nodes(waiting.length)}: ${details(waiting)}` };
  const done = inState(view, "programmed");
  if (done.length === 0)
    return {
      type,
      status: "False",
      reason: "NodesSilent",
      message: `no node is programmed, none is heard of: ${details(members)}`,
    };
  return {
    type,
    status: "True",
    reason: "Programmed",
    message: `${done.length} of ${nodes(members.length)} programmed${counted(view)}`,
  };
}

function ready({ network, blockers }: NetworkView, parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Ready";
  if (network.deleting) return { type, status: "False", reason: "Terminating", message: terminating(blockers) };
  const wrong = parts.find((part) => part.status !== "True");
  if (wrong !== undefined) return { type, status: "False", reason: wrong.reason, message: wrong.message };
  const [, , last] = parts;
  return { type, status: "True", reason: last?.reason === "NoNodes" ? "NoNodes" : "Ready", message: last?.message ?? "" };
}

function reconciling({ network, blockers }: NetworkView, parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Reconciling";
  if (network.deleting) return { type, status: "True", reason: "Terminating", message: terminating(blockers) };
  const open = parts.find((part) => part.status !== "True" && !lasting.has(part.reason));
  if (open === undefined) return { type, status: "False", reason: "Settled", message: "nothing is in progress" };
  return { type, status: "True", reason: open.reason, message: open.message };
}

function stalled(parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Stalled";
  const stuck = parts.find((part) => part.status !== "True" && lasting.has(part.reason));
  if (stuck === undefined) return { type, status: "False", reason: "NotStalled", message: "nothing needs a person" };
  return { type, status: "True", reason: stuck.reason, message: stuck.message };
}

function terminating(blockers: Blockers | undefined): string {
  if (blockers === undefined) return "deletion begins: looking for pods that have an address of this network";
  if (blockers.pods === 0) return "deletion goes on: no pod has an address of this network any more";
  const places = blockers.nodes.map(({ node, pods }) => `${node} (${pods})`);
  const pods = blockers.pods === 1 ? "1 pod has" : `${blockers.pods} pods have`;
  return `deletion waits: ${pods} an address of this network, on ${nameList(places)}; it serves them until they are deleted or moved`;
}

function waitedFor(view: NetworkView): NetworkView["members"] {
  return view.members.filter(({ state }) => state.progress !== "silent" && (state.progress !== "joining" || !view.wasReady));
}

function inState(view: NetworkView, progress: Progress): NetworkView["members"] {
  return view.members.filter(({ state }) => state.progress === progress);
}

/** Those that are not waited for, e.g. `"; not waited for: node-4 (joining)"`. */
function counted(view: NetworkView): string {
  const others = view.members.filter(({ state }) => state.progress !== "programmed");
  if (others.length === 0) return "";
  return `; not waited for: ${nameList(others.map(({ member, state }) => `${member.node.name} (${state.progress})`))}`;
}

function details(members: NetworkView["members"]): string {
  return nameList(members.map(({ member, state }) => `${member.node.name} (${state.lacks.slice(0, 200)})`));
}

function namesOf(members: NetworkView["members"]): string {
  return nameList(members.map(({ member }) => member.node.name));
}

function nodes(count: number): string {
  return count === 1 ? "1 node" : `${count} nodes`;
}

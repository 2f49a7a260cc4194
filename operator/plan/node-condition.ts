import { renderTime, type Verdict } from "../../crds/conditions.ts";
import { nodeProgrammedReason, nodeReasonPrefix } from "../../crds/names.ts";
import { printable } from "../../lib/text/printable.ts";
import type { NodeCondition } from "../../lib/kube/builtin.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { isProgrammed, type NodeProgress, ownRecord, programmedCondition } from "./node-progress.ts";
import { explainAddresses } from "./node-address.ts";
import type { Claim, Network, NodeFacts, NodeRecord } from "./snapshot.ts";

/** What is known of a node that bears on its condition. */
export interface NodeConditionInput {
  readonly node: NodeFacts;
  /** All claims of this very node, in whatever state. */
  readonly claims: readonly Claim[];
  readonly record: NodeRecord | undefined;
  /** The network that its claims are of; undefined: it is gone. */
  readonly network: Pick<Network, "nodeCidrs"> | undefined;
  /** Undefined while it belongs to no network. */
  readonly progress: NodeProgress | undefined;
  /** Other nodes that are routed to. */
  readonly peers: number;
  /** All nodes with claims. */
  readonly nodeCount: number;
  /** After a loss, while it is not known what nodes have. */
  readonly isRecovering: boolean;
  readonly nowMs: number;
}

/** What to do about a Node's NetworkUnavailable condition. */
export type NodeConditionPlan =
  | { readonly op: "none" }
  | { readonly op: "write"; readonly condition: Required<NodeCondition> }
  /** It was ours, and the node no longer is. */
  | { readonly op: "remove" }
  /** Only its message is out of date, and it was written not long ago. */
  | { readonly op: "wait"; readonly forMs: number };

/**
 * The Node's NetworkUnavailable condition. 1. A node that is not ours is left alone; one that was ours is given back when nothing of it is left. A condition that
 * says that there is a network is then the last trace of a loss, and is given up only where a recovery ends: in good order it says otherwise before the last claim goes. 2. Another status or reason is written at once; another message alone
 * at most once per max(10 s, N/20 s) ±20 %, so that a joining node costs its peers little. 3. A node once programmed stays available through changes of its
 * spec; only its agent's word that it could not program makes it unavailable, since that taints the node.
 */
export function planNodeCondition(input: NodeConditionInput): NodeConditionPlan {
  const have = input.node.networkUnavailable;
  if (input.claims.length === 0 && ownRecord(input.node, input.record) === undefined)
    return { op: isOver(input) ? "remove" : "none" };
  const wanted = wantedCondition(input);
  const want = { ...wanted, message: printable(wanted.message) };
  if (have === undefined || have.status !== want.status) return write(want, undefined, input.nowMs);
  if (have.reason !== want.reason) return write(want, have.lastTransitionTime, input.nowMs);
  if (have.message === want.message) return { op: "none" };
  const dueMs = Date.parse(have.lastHeartbeatTime ?? "") + messageIntervalMs(input);
  if (input.nowMs < dueMs) return { op: "wait", forMs: dueMs - input.nowMs };
  return write(want, have.lastTransitionTime, input.nowMs);
}

/** Whether our condition of a node of which nothing is left has served its turn. */
function isOver({ node: { networkUnavailable: have }, isRecovering }: NodeConditionInput): boolean {
  return have?.reason?.startsWith(nodeReasonPrefix) === true && !isRecovering && have.status !== "False";
}

type NodeVerdict = Verdict<"NetworkUnavailable">;

function write(verdict: NodeVerdict, lastTransitionTime: string | undefined, nowMs: number): NodeConditionPlan {
  const now = renderTime(nowMs);
  return { op: "write", condition: { ...verdict, lastTransitionTime: lastTransitionTime ?? now, lastHeartbeatTime: now } };
}

function wantedCondition(input: NodeConditionInput): NodeVerdict {
  const type = "NetworkUnavailable";
  const { progress, peers, claims, record } = input;
  const own = ownRecord(input.node, record);
  if (!isAvailable(input)) {
    const lacks = progress?.lacks || "it belongs to no network";
    return { type, status: "True", reason: `${nodeReasonPrefix}NotProgrammed`, message: `podnet CNI not programmed: ${lacks}` };
  }
  const bridge = own?.status?.summary?.bridge ?? claims.map((claim) => renderPrefix(claim.prefix)).join(", ");
  const reached = input.network === undefined ? "" : `; ${explainAddresses(input.node, input.network)}`;
  const message = `podnet CNI programmed: ${bridge}, ${peers} ${peers === 1 ? "peer" : "peers"}${reached}`;
  return { type, status: "False", reason: nodeProgrammedReason, message };
}

/** A node whose last claim rests takes no new pods; nor does one become available again whose claims went, while its NodeNetwork still tells of them. */
function isAvailable({ node, record, claims }: NodeConditionInput): boolean {
  if (claims.length > 0 && claims.every(({ object }) => object.spec.state === "Held")) return false;
  const own = ownRecord(node, record);
  const have = node.networkUnavailable;
  if (have?.status === "False" && have.reason === nodeProgrammedReason)
    return own === undefined || programmedCondition(own)?.status !== "False";
  return claims.length > 0 && own !== undefined && isProgrammed(own);
}

/** The jitter is a node's own for ever, so that a plan needs no chance. */
function messageIntervalMs({ node, nodeCount }: NodeConditionInput): number {
  const hash = Array.from(node.uid).reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1_000_003, 7);
  return Math.max(10_000, nodeCount * 50) * (0.8 + 0.4 * (hash / 1_000_003));
}

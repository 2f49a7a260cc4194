import type { Condition, NodeNetwork } from "../../crds/types.ts";
import { isComplete, type Member } from "./member.ts";
import type { NodeFacts, NodeRecord } from "./snapshot.ts";

/** A node younger than this is joining: that it is not programmed yet is no fault. */
export const joiningMs = 5 * 60_000;

/**
 * How far a node is. `silent`: nobody knows, since its agent was not heard of for three heartbeats, or its kubelet fell silent before its first programming.
 * `joining`: younger than five minutes. `failing`: the agent tried and says why it could not. `unready`: its kubelet says it is not Ready, and that is not for
 * want of a first programming. `programming`: the agent has yet to act on the newest spec.
 */
export type Progress = "programmed" | "silent" | "joining" | "failing" | "unready" | "programming";

/** A node's progress and, unless it is programmed, what it lacks, in words. */
export interface NodeProgress {
  readonly progress: Progress;
  readonly lacks: string;
}

/** What is known of a member beside its claims. */
export interface Observed {
  readonly record: NodeRecord | undefined;
  /** Its NodeNetwork does not say yet what it shall. */
  readonly isOutdated: boolean;
  /** Its agent gave a sign of life within three heartbeats. */
  readonly isHeard: boolean;
  /** The API server's answer where it refused to take its NodeNetwork. */
  readonly refusal?: string | undefined;
  readonly nowMs: number;
}

/** How far a member is on the way from subnet to programmed node. */
export function progressOf(member: Member, { record, isOutdated, isHeard, refusal, nowMs }: Observed): NodeProgress {
  const { node } = member;
  const own = ownRecord(node, record);
  const lastHeard = own === undefined ? undefined : reportedAt(own);
  if (lastHeard !== undefined && !isHeard)
    return { progress: "silent", lacks: `its agent was last heard of at ${lastHeard}; look at the node and its podnet-cni pod` };
  if (own !== undefined && !isOutdated && isComplete(member) && isProgrammed(own)) return { progress: "programmed", lacks: "" };
  const lacks = whatLacks(member, own, { isOutdated, refusal });
  if (nowMs - node.createdAtMs < joiningMs) return { progress: "joining", lacks };
  return { progress: settledProgress(node, own), lacks };
}

/** Of an older node that is not programmed and whose agent is not known to be silent. */
function settledProgress({ readiness }: NodeFacts, own: NodeNetwork | undefined): Progress {
  if (readiness === "Unknown" || readiness === "Never") return "silent";
  if (own !== undefined && reportsFailure(own)) return "failing";
  return readiness === "False" && own?.status?.configGeneration !== undefined ? "unready" : "programming";
}

/** The record of this very node; one that was written for an earlier node of its name is none. */
export function ownRecord(node: NodeFacts, record: NodeRecord | undefined): NodeNetwork | undefined {
  return record?.object.spec.nodeUID === node.uid ? record.object : undefined;
}

/** The agent's own verdict. */
export function programmedCondition(object: NodeNetwork): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === "Programmed");
}

/** Whether the newest spec is programmed in full. */
export function isProgrammed(object: NodeNetwork): boolean {
  return programmedCondition(object)?.status === "True" && object.status?.configGeneration === object.spec.configGeneration;
}

/** When the agent last reported for this very Node object; undefined before its first word. */
function reportedAt({ spec, status }: NodeNetwork): string | undefined {
  return status?.nodeUID === spec.nodeUID ? status.observedAt : undefined;
}

function reportsFailure(object: NodeNetwork): boolean {
  const verdict = programmedCondition(object);
  return verdict?.status === "False" && (verdict.observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
}

function whatLacks(
  member: Member,
  own: NodeNetwork | undefined,
  { isOutdated, refusal }: Pick<Observed, "isOutdated" | "refusal">,
): string {
  if (!isComplete(member)) return "it does not have all of its subnets yet";
  if (own === undefined || isOutdated)
    return refusal === undefined ? "its NodeNetwork is about to be written" : `its NodeNetwork is refused: ${refusal}`;
  const verdict = programmedCondition(own);
  if (verdict === undefined) return "its agent has not reported yet; look at its podnet-cni pod";
  if (verdict.status !== "True") return `${verdict.reason}: ${verdict.message}`;
  return `its agent programmed generation ${own.status?.configGeneration ?? 0} of ${own.spec.configGeneration}`;
}

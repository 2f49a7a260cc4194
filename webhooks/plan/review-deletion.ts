import { isHeard, type Listening } from "../../crds/heartbeat.ts";
import type { Issue } from "../../crds/issue.ts";
import { annotations as known } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { countOf, renderFirst } from "../../lib/text/counts.ts";
import { belongsTo, type NetworkIdentity, renderPods, type Use, usesOf } from "./use.ts";

/** A PodNetwork that somebody deletes. */
export interface Condemned extends NetworkIdentity {
  /** What stands in the annotation that confirms a deletion. */
  readonly confirmation: string | undefined;
}

/** What is known of the nodes, and when. */
export interface NodeReports extends Listening {
  readonly claims: readonly NodeSubnet[];
  readonly records: readonly NodeNetwork[];
}

/** Whether the deletion is confirmed, so that nothing else matters. */
export function isConfirmed({ name, confirmation }: Condemned): boolean {
  return confirmation === name;
}

/** A network that pods use, or may use for all one knows, goes only when that is confirmed. */
export function deletionIssues(condemned: Condemned, reports: NodeReports): Issue[] {
  if (isConfirmed(condemned)) return [];
  const { live, unknown } = judgeNodes(condemned, reports);
  if (live.length === 0 && unknown.length === 0) return [];
  const parts: string[] = [];
  if (live.length > 0)
    parts.push(
      `${countOf(live.length, "node")} ${live.length === 1 ? "has" : "have"} pods in it: ${renderFirst(mostFirst(live))}`,
    );
  if (unknown.length > 0)
    parts.push(
      `${countOf(unknown.length, "node")} ${unknown.length === 1 ? "has" : "have"} not said lately whether any pod is in it: ${renderFirst(unknown)}`,
    );
  return [notConfirmed(condemned, `PodNetwork/${condemned.name} is in use; ${parts.join("; ")}`, "remove the pods first")];
}

/** Where it could not be read what pods use. */
export function unreadDeletionIssues(condemned: Condemned, problem: string): Issue[] {
  const message = `it cannot be read whether pods use PodNetwork/${condemned.name} (${problem})`;
  return [{ ...notConfirmed(condemned, message, "try again later"), code: "NotJudged" }];
}

function notConfirmed({ name, confirmation }: Condemned, why: string, remedy: string): Issue {
  const wrong =
    confirmation === undefined ? "" : `. ${JSON.stringify(confirmation)} does not confirm it; the value must be ${name}`;
  const command = `kubectl annotate --overwrite podnetwork ${name} ${known.confirmDelete}=${name}`;
  return {
    path: `metadata.annotations[${known.confirmDelete}]`,
    code: "NotConfirmed",
    message: `${why}${wrong}; ${remedy}, or confirm that they may lose their network: ${command}`,
  };
}

interface Judgement {
  readonly live: readonly { readonly node: string; readonly pods: number }[];
  readonly unknown: readonly string[];
}

function judgeNodes(condemned: Condemned, { claims, records, ...listening }: NodeReports): Judgement {
  const own = usesOf(claims.filter((claim) => belongsTo(condemned, claim.spec)));
  const byNode = Map.groupBy(own, ({ node }) => node);
  const recordOf = new Map(records.map((record) => [record.metadata.name, record]));
  const told = records.filter((record) => belongsTo(condemned, record.spec)).map(({ metadata }) => metadata.name);
  const names = [...new Set([...byNode.keys(), ...told])].toSorted();
  const live: { node: string; pods: number }[] = [];
  const unknown: string[] = [];
  for (const node of names) {
    const record = recordOf.get(node);
    const uses = byNode.get(node) ?? [];
    const pods = podsOf(condemned, record, uses);
    if (pods > 0) live.push({ node, pods });
    else if (!hasSpoken(record, uses, (observedAt) => isHeard(observedAt, records.length, listening))) unknown.push(node);
  }
  return { live, unknown };
}

/** All that the node reports where it belongs to the network, else what it reports of its claims. */
function podsOf(condemned: Condemned, record: NodeNetwork | undefined, uses: readonly Use[]): number {
  if (record === undefined) return 0;
  const isMember = belongsTo(condemned, record.spec);
  const subnets = (record.status?.subnets ?? []).filter(({ cidr }) => isMember || uses.some((use) => use.cidr === cidr));
  return subnets.reduce((sum, { leases }) => sum + leases, 0);
}

/** A node whose claims are all Held is gone; one that has others must have reported them lately, or have programmed a spec without them. */
function hasSpoken(
  record: NodeNetwork | undefined,
  uses: readonly Use[],
  isRecent: (observedAt: string | undefined) => boolean,
): boolean {
  const current = uses.filter(({ isHeld }) => !isHeld);
  if (current.length === 0) return true;
  const { spec, status } = record ?? {};
  if (spec === undefined || status?.subnets === undefined || !isRecent(status.observedAt)) return false;
  const reported = new Set(status.subnets.map(({ cidr }) => cidr));
  return status.configGeneration === spec.configGeneration || current.every(({ cidr }) => reported.has(cidr));
}

function mostFirst(live: Judgement["live"]): string[] {
  return live.toSorted((a, b) => b.pods - a.pods).map(({ node, pods }) => `${node} (${renderPods(pods)})`);
}

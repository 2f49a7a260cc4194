import { fieldManagers } from "../crds/names.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { type Node, type NodeCondition, nodes } from "../lib/kube/builtin.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { Cluster } from "./cluster.ts";
import { type NodeConditionPlan, planNodeCondition } from "./plan/node-condition.ts";
import type { NodeProgress } from "./plan/node-progress.ts";
import { forgottenNodes } from "./plan/recovery.ts";
import { isServing } from "./plan/release.ts";
import type { NodeFacts, Snapshot } from "./plan/snapshot.ts";
import { isLostRace, type WriteNotes } from "./write-report.ts";

/** Writes at a time. */
const parallel = 16;

/** So many are written before it is asked whether something else is more urgent. */
const inOneGo = 256;

export interface NodeConditionWork {
  readonly cluster: Cluster;
  readonly snapshot: Snapshot;
  readonly progress: ReadonlyMap<string, NodeProgress>;
  readonly notes: WriteNotes;
  readonly nowMs: number;
  /** Whether there is something more urgent to do. */
  readonly isUrged: () => Promise<boolean>;
}

/**
 * Writes the NetworkUnavailable condition of every node of ours where it is due; gives when to come again for those that have to wait. Where there is more
 * urgent work it writes some of them, so that it comes to an end, too.
 */
export async function writeNodeConditions(work: NodeConditionWork): Promise<number | undefined> {
  const { cluster, snapshot, progress, notes, nowMs, isUrged } = work;
  const waits: number[] = [];
  const due: { readonly node: NodeFacts; readonly plan: NodeConditionPlan }[] = [];
  for (const { node, plan } of nodePlans(snapshot, progress, nowMs)) {
    if (plan.op === "wait") waits.push(plan.forMs);
    else if (plan.op !== "none") due.push({ node, plan });
  }
  for (let from = 0; from < due.length; from += inOneGo) {
    if (from > 0 && (await isUrged())) return 0;
    await inParallel(due.slice(from, from + inOneGo), parallel, ({ node, plan }) => apply(cluster, node, plan, notes));
  }
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/**
 * What no agent has reported is given up before a recovery ends: nodes of which nothing is left are ours no longer. Before, since afterwards they would be the trace
 * of another loss; and nothing new is given meanwhile. `snapshot`: read anew. False where a Node has changed since, so that it is to be looked at once more.
 */
export async function giveUpForgotten(cluster: Cluster, snapshot: Snapshot, notes: WriteNotes): Promise<boolean> {
  const known = notes.report().failures.length;
  await inParallel(forgottenNodes(snapshot), parallel, (node) => apply(cluster, node, { op: "remove" }, notes));
  return !notes.report().failures.slice(known).some(isLostRace);
}

function nodePlans(
  snapshot: Snapshot,
  progress: ReadonlyMap<string, NodeProgress>,
  nowMs: number,
): { readonly node: NodeFacts; readonly plan: NodeConditionPlan }[] {
  const claims = Map.groupBy(snapshot.claims, ({ object }) => object.spec.nodeUID);
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  const routed = new Set(
    snapshot.claims
      .filter((claim) => isServing(claim) && (claim.object.spec.nextHops ?? []).length > 0)
      .map(({ object }) => object.spec.nodeUID),
  );
  // Of one whose object cannot be read it is not known where addresses are to be.
  const networks = new Map(snapshot.networks.filter(({ issues }) => issues.length === 0).map((one) => [one.uid, one]));
  return snapshot.nodes.map((node) => {
    const own = claims.get(node.uid) ?? [];
    const plan = planNodeCondition({
      node,
      claims: own,
      network: networks.get(own[0]?.object.spec.networkUID ?? ""),
      record: records.get(node.name),
      progress: progress.get(node.name),
      peers: routed.size - (routed.has(node.uid) ? 1 : 0),
      nodeCount: claims.size,
      // Without a ledger nobody knows.
      isRecovering: snapshot.ledger?.recovering ?? true,
      nowMs,
    });
    return { node, plan };
  });
}

async function apply(cluster: Cluster, node: NodeFacts, plan: NodeConditionPlan, notes: WriteNotes): Promise<void> {
  const { name } = node;
  const step = { op: "change", kind: "Node condition", key: name } as const;
  const written =
    plan.op === "write"
      ? await notes.attempt({ ...step, because: plan.condition.message }, () => state(cluster, node, plan.condition))
      : await notes.attempt({ ...step, because: "the node is no longer ours" }, () => takeBack(cluster, node));
  if (written !== undefined) cluster.wrote(written);
}

/** Our field manager owns this one condition and nothing else of a Node. */
function state({ client }: Cluster, { name, uid }: NodeFacts, condition: Required<NodeCondition>): Promise<Stored<Node>> {
  const applied = { metadata: { name, uid }, status: { conditions: [condition] } };
  const options = { fieldManager: fieldManagers.operator, subresource: "status", force: true } as const;
  return applyObject<Node>(client, nodes, applied, options);
}

/**
 * Only from the very Node that was read: that its network is there, which somebody else may have said meanwhile, may be the last trace of a loss. Not by applying
 * nothing: with our last field the API server would remove all of the status that no manager owns, addresses first.
 */
function takeBack({ client }: Cluster, { name, uid, resourceVersion }: NodeFacts): Promise<Stored<Node>> {
  const body = { metadata: { uid, resourceVersion }, status: { conditions: [{ type: "NetworkUnavailable", $patch: "delete" }] } };
  const options = { fieldManager: fieldManagers.operator, subresource: "status", type: "strategic" } as const;
  return client.patch<Node>(nodes, name, body, options);
}

import { fieldManagers } from "../crds/names.ts";
import { type Node, nodes } from "../lib/kube/builtin.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeFacts, Snapshot } from "./plan/snapshot.ts";
import { programmedButTainted } from "./plan/startup-taint.ts";
import type { WriteNotes } from "./write-report.ts";

/** Writes at a time. */
const parallel = 16;

/** Takes the startup taints off nodes whose network is programmed; all else of them stays as it is. */
export async function liftStartupTaints(cluster: Cluster, snapshot: Snapshot, notes: WriteNotes): Promise<void> {
  await inParallel(programmedButTainted(snapshot.nodes), parallel, async (node) => {
    const step = { op: "change", kind: "Node taint", key: node.name, because: "its network is programmed" } as const;
    const written = await notes.attempt(step, () => lift(cluster, node));
    if (written !== undefined) cluster.wrote(written);
  });
}

/** A Node's list of taints is written as a whole, so on condition that it is still the one that was read. */
function lift({ client }: Cluster, { name, uid, resourceVersion, startupTaint }: NodeFacts) {
  const { others = [] } = startupTaint ?? {};
  const body = { metadata: { uid, resourceVersion }, spec: { taints: others.length === 0 ? null : others } };
  return client.patch<Node>(nodes, name, body, { fieldManager: fieldManagers.operator, type: "merge" });
}

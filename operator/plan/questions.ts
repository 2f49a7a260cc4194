import { compareText } from "./select.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/**
 * Nodes without a NodeNetwork of their own that are asked what they have, by one that names no subnet and no network; by name: all of them while a recovery goes on; afterwards
 * those of whose subnets others miss a claim, or whose claims rest, since their agents could not say otherwise that they still have them.
 */
export function nodesToAsk(snapshot: Snapshot): NodeFacts[] {
  const known = new Map(snapshot.records.map((record) => [record.node, record]));
  const isDoubtful = doubtful(snapshot);
  return snapshot.nodes
    .filter((node) => isDoubtful(node.uid) && !isTold(node, known.get(node.name)))
    .toSorted((a, b) => compareText(a.name, b.name));
}

/** Whether there is a NodeNetwork of its name that is worth keeping: a question to an earlier Node that nobody has answered is not. */
function isTold({ uid }: NodeFacts, record: NodeRecord | undefined): boolean {
  if (record === undefined) return false;
  const { spec, status } = record.object;
  return spec.network !== undefined || spec.nodeUID === uid || (status?.subnets ?? []).length > 0;
}

/** NodeNetworks that only asked, and were answered: their nodes have nothing and miss nothing, and nobody doubts that. */
export function answeredQuestions(snapshot: Snapshot): NodeRecord[] {
  const isDoubtful = doubtful(snapshot);
  return snapshot.records.filter(({ object: { spec, status } }) => {
    const isAnswered = status?.nodeUID === spec.nodeUID && status.subnets?.length === 0 && (status.lost ?? []).length === 0;
    return spec.network === undefined && isAnswered && !isDoubtful(spec.nodeUID);
  });
}

/** Tells of a Node, by its UID, whether it is to be asked. */
function doubtful({ ledger, claims, records }: Snapshot): (nodeUID: string) => boolean {
  if (ledger === undefined) return () => false;
  if (ledger.recovering) return () => true;
  const missed = records.flatMap(({ object }) => (object.status?.lost ?? []).map(({ nodeUID }) => nodeUID));
  const resting = claims.filter(({ object }) => object.spec.state === "Held").map(({ object }) => object.spec.nodeUID);
  const uids = new Set([...missed, ...resting]);
  return (nodeUID) => uids.has(nodeUID);
}

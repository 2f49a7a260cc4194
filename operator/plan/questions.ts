import { compareText } from "../../lib/text/order.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/**
 * Nodes without a NodeNetwork of their own that are asked what they have, by one that names no subnet and no network; by name: all of them while a recovery goes on; afterwards
 * those of whose name others miss a claim, or claims rest, since their agents could not say otherwise that they still have them, be their Nodes made anew.
 */
export function nodesToAsk(snapshot: Snapshot): NodeFacts[] {
  const known = new Map(snapshot.records.map((record) => [record.node, record]));
  const isDoubtful = doubtful(snapshot);
  return snapshot.nodes
    .filter((node) => isDoubtful(node.name) && !isTold(node, known.get(node.name)))
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
  return snapshot.records.filter(({ node, object: { spec, status } }) => {
    const isAnswered = status?.nodeUID === spec.nodeUID && status.subnets?.length === 0 && (status.lost ?? []).length === 0;
    return spec.network === undefined && isAnswered && !isDoubtful(node);
  });
}

/** Tells of a Node, by its name, whether it is to be asked. */
function doubtful({ ledger, claims, records }: Snapshot): (node: string) => boolean {
  if (ledger === undefined) return () => false;
  if (ledger.recovering) return () => true;
  const missed = records.flatMap(({ object }) => (object.status?.lost ?? []).map(({ node }) => node));
  const resting = claims.filter(({ object }) => object.spec.state === "Held").map(({ object }) => object.spec.node);
  const names = new Set([...missed, ...resting]);
  return (node) => names.has(node);
}

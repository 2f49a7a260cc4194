import { setImmediate } from "node:timers/promises";
import { indexRanges } from "../crds/validate.ts";
import { indexPrefixes } from "../lib/net/prefix-index.ts";
import type { Evidence, Reading } from "./plan/evidence.ts";
import { type Neighbour, type Neighbours, nodeNeighbours, routeNeighbours } from "./plan/surroundings.ts";

/** So many objects, or so much that is near them, are sorted at once: a few milliseconds. */
const atOnce = { objects: 50, neighbours: 500 };

/**
 * What was read anew, sorted for its review. Thousands of nodes take long enough that somebody waits for an answer meanwhile: `turn` lets others have theirs.
 */
export async function sortEvidence(evidence: Evidence, turn: () => Promise<unknown> = () => setImmediate()): Promise<Evidence> {
  const { networks, nodes, records } = evidence;
  const neighbours = {
    ...(nodes.problem === undefined && { nodes: await sortInTurns(nodes, nodeNeighbours, turn) }),
    ...(records.problem === undefined && { hostRoutes: await sortInTurns(records, routeNeighbours, turn) }),
  };
  return { ...evidence, ranges: networks.problem === undefined ? indexRanges(networks.items) : undefined, neighbours };
}

/** What has addresses there. A few objects at a time are sorted among themselves, so that a question goes to each of these lots. */
async function sortInTurns<T>(
  { items }: Extract<Reading<T>, { readonly items: unknown }>,
  of: (item: T) => Neighbour[],
  turn: () => Promise<unknown>,
): Promise<Neighbours> {
  const lots: Neighbours[] = [];
  let lot: Neighbour[] = [];
  for (const [at, item] of items.entries()) {
    lot.push(...of(item));
    const isFull = lot.length >= atOnce.neighbours || (at + 1) % atOnce.objects === 0;
    if (!isFull && at + 1 < items.length) continue;
    lots.push(indexPrefixes(lot));
    lot = [];
    await turn();
  }
  return {
    *touching(prefix) {
      for (const lot of lots) yield* lot.touching(prefix);
    },
  };
}

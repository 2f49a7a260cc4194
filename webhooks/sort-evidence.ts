import { setImmediate } from "node:timers/promises";
import { ownedRanges } from "../crds/validate.ts";
import type { Prefix } from "../lib/net/prefix.ts";
import { indexPrefixes, type PrefixIndex } from "../lib/net/prefix-index.ts";
import type { Evidence, Reading } from "./plan/evidence.ts";
import { nodeNeighbours, routeNeighbours } from "./plan/surroundings.ts";

/** So many objects, or prefixes of them, are sorted at once: a few milliseconds. */
const atOnce = { objects: 50, prefixes: 500 };

/**
 * What was read anew, sorted for its review. Thousands of nodes take long enough that somebody waits for an answer meanwhile: `turn` lets others have theirs.
 */
export async function sortEvidence(evidence: Evidence, turn: () => Promise<unknown> = () => setImmediate()): Promise<Evidence> {
  const { networks, nodes, records } = evidence;
  const ranges = networks.problem === undefined ? await sortInTurns(networks, ownedRanges, turn) : undefined;
  const neighbours = {
    ...(nodes.problem === undefined && { nodes: await sortInTurns(nodes, nodeNeighbours, turn) }),
    ...(records.problem === undefined && { hostRoutes: await sortInTurns(records, routeNeighbours, turn) }),
  };
  return { ...evidence, ranges, neighbours };
}

/** What these objects have of addresses. A few of them at a time are sorted among themselves, so that a question goes to each of these lots. */
async function sortInTurns<T, Part extends { readonly prefix: Prefix }>(
  { items }: Extract<Reading<T>, { readonly items: unknown }>,
  of: (item: T) => Part[],
  turn: () => Promise<unknown>,
): Promise<Pick<PrefixIndex<Part>, "touching">> {
  const lots: Pick<PrefixIndex<Part>, "touching">[] = [];
  let lot: Part[] = [];
  for (const [at, item] of items.entries()) {
    lot.push(...of(item));
    const isFull = lot.length >= atOnce.prefixes || (at + 1) % atOnce.objects === 0;
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

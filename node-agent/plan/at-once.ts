import type { NodeState } from "../../lib/linux/node-state.ts";

/** What `ip monitor` tells of, by the word in front of its line, and what of a node's state that may have been. */
const parts: readonly (readonly [label: string, part: keyof NodeState])[] = [
  ["[ROUTE]", "routes"],
  ["[NEXTHOP]", "routes"],
  ["[ADDR]", "addresses"],
  ["[LINK]", "links"],
  ["[LINK]", "ports"],
];

/** Lines of which no part need be looked at before everything else: neighbors go with what else is told of tunnels. */
const passed = ["[NEIGH]"];

/** The word by which `ip monitor` tells what a line is about, e.g. `"[ROUTE]"`, as far as it matters here; undefined of anything else. */
function labelOf(line: string): string | undefined {
  const label = /^\[\w+\]/.exec(line)?.[0];
  return passed.some((known) => known === label) || parts.some(([known]) => known === label) ? label : undefined;
}

/** What stands for one of many reasons to look at a node: as much of it as `atOnce` goes by. */
export function summaryOf(because: string): string {
  return labelOf(because) ?? "and more";
}

/**
 * What of the state that a node was left in is looked at first, so that what somebody took away is back before the whole node was looked at.
 * Nothing, where the node is looked at for any other reason than what the kernel told: then other things may be wanted by now.
 */
export function atOnce(standing: Partial<NodeState> | undefined, because: readonly string[]): Partial<NodeState> {
  const labels = because.map(labelOf);
  if (standing === undefined || labels.includes(undefined)) return {};
  const told = new Set<string>(parts.flatMap(([label, part]) => (labels.includes(label) ? [part] : [])));
  return Object.fromEntries(Object.entries(standing).filter(([part]) => told.has(part)));
}

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

/**
 * What of the state that a node was left in is looked at first, so that what somebody took away is back before the whole node was looked at.
 * Nothing, where the node is looked at for any other reason than what the kernel told: then other things may be wanted by now.
 */
export function atOnce(standing: Partial<NodeState> | undefined, because: readonly string[]): Partial<NodeState> {
  const labels = because.map((line) => /^\[\w+\]/.exec(line)?.[0] ?? "");
  if (standing === undefined || !labels.every((label) => passed.includes(label) || parts.some(([known]) => known === label)))
    return {};
  const told = new Set<string>(parts.flatMap(([label, part]) => (labels.includes(label) ? [part] : [])));
  return Object.fromEntries(Object.entries(standing).filter(([part]) => told.has(part)));
}

import { comparePrefixes, containsPrefix, type Prefix } from "../../lib/net/prefix.ts";

/** The same addresses in as few of the given prefixes as it takes: those that lie in another one are left out. Ascending, disjoint; O(n log n). */
export function outermost(prefixes: readonly Prefix[]): Prefix[] {
  const kept: Prefix[] = [];
  for (const prefix of prefixes.toSorted(comparePrefixes)) {
    const last = kept.at(-1);
    if (last === undefined || !containsPrefix(last, prefix)) kept.push(prefix);
  }
  return kept;
}

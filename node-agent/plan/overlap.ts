import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { Prefix } from "../../lib/net/prefix.ts";

/** Tells of a prefix whether it shares an address with any of `prefixes`; O(log n) each. */
export function overlapFinder(prefixes: readonly Prefix[]): (prefix: Prefix) => boolean {
  const index = indexPrefixes(prefixes.map((prefix) => ({ prefix })));
  return (asked) => Iterator.from(index.touching(asked)).some(() => true);
}

import { comparePrefixes, type Prefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import { outermost } from "./outermost.ts";

/** Tells of a prefix whether it shares an address with any of `prefixes`; O(log n) each. */
export function overlapFinder(prefixes: readonly Prefix[]): (prefix: Prefix) => boolean {
  const ascending = outermost(prefixes);
  return (prefix) => {
    let low = 0;
    let high = ascending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = ascending[middle];
      if (found !== undefined && comparePrefixes(found, prefix) < 0) low = middle + 1;
      else high = middle;
    }
    // What overlaps begins at it or inside of it, or is the one before, which contains it.
    return [ascending[low - 1], ascending[low]].some((found) => found !== undefined && prefixesOverlap(found, prefix));
  };
}

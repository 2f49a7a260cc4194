import { comparePrefixes, containsPrefix, type Prefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import type { LedgerEntry } from "./snapshot.ts";

/** Finds entries of a ledger by what lies in them. */
export interface EntryIndex {
  /** The entry that contains the prefix whole. */
  around(prefix: Prefix): LedgerEntry | undefined;
  /** Any entry that shares an address with the prefix. */
  touching(prefix: Prefix): LedgerEntry | undefined;
}

/** An index of pairwise disjoint entries; O(log n) a question. */
export function indexEntries(entries: readonly LedgerEntry[]): EntryIndex {
  const sorted = entries.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  /** The last entry that begins at or before the prefix. */
  const before = (prefix: Prefix): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = sorted[middle];
      if (found !== undefined && comparePrefixes(found.prefix, prefix) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  return {
    around(prefix) {
      const found = sorted[before(prefix)];
      return found !== undefined && containsPrefix(found.prefix, prefix) ? found : undefined;
    },
    touching(prefix) {
      const at = before(prefix);
      return [sorted[at], sorted[at + 1]].find((entry) => entry !== undefined && prefixesOverlap(entry.prefix, prefix));
    },
  };
}

import assert from "node:assert/strict";
import { comparePrefixes, prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";

/** A prefix and whose it is. */
export interface Owned {
  readonly owner: string;
  readonly cidr: string;
}

/**
 * No two prefixes share an address.
 * @throws {AssertionError} naming two that do.
 */
export function assertDisjoint(what: string, all: readonly Owned[]): void {
  const sorted = all
    .map((one) => ({ ...one, prefix: toPrefix(one.cidr) }))
    .toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  // Sorted by address and then by length, one that overlaps any other overlaps its neighbour.
  for (const [index, one] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined)
      assert.ok(
        !prefixesOverlap(one.prefix, next.prefix),
        `${what}: ${one.cidr} of ${one.owner} and ${next.cidr} of ${next.owner} overlap`,
      );
  }
}

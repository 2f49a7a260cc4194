import { comparePrefixes, containsPrefix, type Prefix } from "./prefix.ts";
import { countLeading } from "./sorted.ts";

/** Finds items that have a prefix by what lies in that, e.g. the entries of a ledger. */
export interface PrefixIndex<Item> {
  /** The smallest item that contains the prefix whole. */
  around(prefix: Prefix): Item | undefined;
  /** Every item that contains the prefix whole: one at most, unless items overlap. */
  allAround(prefix: Prefix): Item[];
  /** Every item that shares an address with the prefix, found one after the other. */
  touching(prefix: Prefix): Iterable<Item>;
}

/** An index of items; O(log n) a question. They are disjoint, as a rule; should they overlap all the same, nothing is overlooked. */
export function indexPrefixes<Item extends { readonly prefix: Prefix }>(items: readonly Item[]): PrefixIndex<Item> {
  const nested = nest(items.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)));
  /** How many items begin at or before the prefix. */
  const countUpTo = (prefix: Prefix): number => countLeading(nested, ({ item }) => comparePrefixes(item.prefix, prefix) <= 0);
  const allAround = (prefix: Prefix): Item[] => {
    const found: Item[] = [];
    for (let place = nested[countUpTo(prefix) - 1]; place !== undefined; place = place.parent)
      if (containsPrefix(place.item.prefix, prefix)) found.push(place.item);
    return found;
  };
  return {
    allAround,
    around: (prefix) => allAround(prefix)[0],
    *touching(prefix) {
      yield* allAround(prefix);
      for (let at = countUpTo(prefix), found = nested[at]; found !== undefined; found = nested[++at]) {
        if (!containsPrefix(prefix, found.item.prefix)) return;
        yield found.item;
      }
    },
  };
}

interface Place<Item> {
  readonly item: Item;
  /** The smallest one of those before it that contains it. */
  readonly parent: Place<Item> | undefined;
}

function nest<Item extends { readonly prefix: Prefix }>(sorted: readonly Item[]): Place<Item>[] {
  let last: Place<Item> | undefined;
  return sorted.map((item) => {
    while (last !== undefined && !containsPrefix(last.item.prefix, item.prefix)) last = last.parent;
    last = { item, parent: last };
    return last;
  });
}

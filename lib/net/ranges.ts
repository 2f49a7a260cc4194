import { addressBits } from "./address.ts";
import { containsPrefix, type Prefix, prefixesOverlap, renderPrefix, subnetAt } from "./prefix.ts";

/** A range and what is no longer free in it. Prefixes outside the range or of the other family count for nothing. */
export interface RangeUse {
  readonly range: Prefix;
  /** The length every subnet of the range has, e.g. 24. */
  readonly subnetLength: number;
  /** Subnets in use. One of another length takes every subnet that it touches. */
  readonly taken: readonly Prefix[];
  /** Prefixes nobody gets; every subnet that touches one is reserved. */
  readonly reserved: readonly Prefix[];
}

/** Counted in subnets. A subnet both taken and reserved counts in each, so the three need not add up to `total`. */
export interface RangeCounts {
  readonly total: number;
  readonly taken: number;
  readonly reserved: number;
  readonly free: number;
}

/**
 * The free subnets of a range, lowest first, one at a time; the first is the next to hand out.
 * O(n log n) in the prefixes given, whatever the size of the range. The caller leaves out what it took meanwhile by going on with the same iterator.
 */
export function* freeSubnets(use: RangeUse): Generator<Prefix, undefined> {
  const total = subnetTotal(use);
  let next = 0;
  for (const span of [...spans(use, [...use.taken, ...use.reserved]), { first: total, end: total }]) {
    for (; next < span.first; next++) yield subnetAt(use.range, use.subnetLength, BigInt(next));
    next = span.end;
  }
  return undefined;
}

/** How many subnets a range has and how they are used. */
export function countSubnets(use: RangeUse): RangeCounts {
  const total = subnetTotal(use);
  return {
    total,
    taken: size(spans(use, use.taken)),
    reserved: size(spans(use, use.reserved)),
    free: total - size(spans(use, [...use.taken, ...use.reserved])),
  };
}

/** Indices of subnets, `first` up to but without `end`. */
interface Span {
  readonly first: number;
  readonly end: number;
}

/** What the prefixes touch, as disjoint ascending spans. */
function spans(use: RangeUse, prefixes: readonly Prefix[]): Span[] {
  const touched = prefixes.filter((prefix) => prefixesOverlap(use.range, prefix)).map((prefix) => spanOf(use, prefix));
  const merged: Span[] = [];
  for (const span of touched.toSorted((a, b) => a.first - b.first)) {
    const last = merged.at(-1);
    if (last !== undefined && span.first <= last.end) {
      merged[merged.length - 1] = { first: last.first, end: Math.max(last.end, span.end) };
    } else merged.push(span);
  }
  return merged;
}

function spanOf({ range, subnetLength }: RangeUse, prefix: Prefix): Span {
  if (containsPrefix(prefix, range)) return { first: 0, end: 2 ** (subnetLength - range.length) };
  const shift = BigInt(addressBits(range.family) - subnetLength);
  const first = Number((prefix.address - range.address) >> shift);
  return { first, end: first + 2 ** Math.max(0, subnetLength - prefix.length) };
}

function size(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.end - span.first, 0);
}

function subnetTotal({ range, subnetLength }: RangeUse): number {
  const bits = subnetLength - range.length;
  if (bits < 0 || bits > 52) throw new RangeError(`${renderPrefix(range)} cannot be cut into subnets of length /${subnetLength}`);
  return 2 ** bits;
}

/** Chance that a seed decides: the same seed gives the same answers in the same order. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  /** Whether something of this probability happens; asks nothing where it is 0. */
  happens(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** A chance of its own, that this one's later questions do not change. */
  fork(): Chance;
}

/** Chance from a seed, of which the lowest 32 bits count. */
export function chanceOf(seed: number): Chance {
  let state = scrambled(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    below,
    happens: (probability) => probability > 0 && next() < probability,
    pick(list) {
      const item = list[below(list.length)];
      if (item === undefined) throw new RangeError("there is nothing to pick from an empty list");
      return item;
    },
    fork: () => chanceOf(below(4_294_967_296)),
  };
}

/** Neighbouring seeds must not begin alike. */
function scrambled(seed: number): number {
  let value = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) | 0;
}

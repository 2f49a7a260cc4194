import type { Clock } from "../reconcile/clock.ts";

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Tokens of a full bucket; it begins as one. */
  readonly burst: number;
  /** Time for one token to come back. */
  readonly refillMs: number;
}

/** A bucket of tokens for each key. */
export interface TokenBuckets {
  /** Takes one; false where there is none. */
  take(key: string): boolean;
  /** Until there is one, 0 where there is one now. */
  waitMs(key: string): number;
  /** Buckets that are not full; full ones are forgotten. */
  size(): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** So many keys may be known before full buckets are looked for. */
const sweepAbove = 256;

/** Full buckets for all keys. */
export function createTokenBuckets({ clock, burst, refillMs }: TokenBucketOptions): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  let sweepAt = sweepAbove;
  const tokensNow = ({ tokens, at }: Bucket) => Math.min(burst, tokens + (clock.now() - at) / refillMs);
  const sweep = () => {
    for (const [key, bucket] of buckets) if (tokensNow(bucket) >= burst) buckets.delete(key);
    sweepAt = Math.max(sweepAbove, buckets.size * 2);
  };
  return {
    take(key) {
      const bucket = buckets.get(key) ?? { tokens: burst, at: clock.now() };
      const tokens = tokensNow(bucket);
      if (tokens < 1) return false;
      buckets.set(key, { tokens: tokens - 1, at: clock.now() });
      if (buckets.size > sweepAt) sweep();
      return true;
    },
    waitMs(key) {
      const bucket = buckets.get(key);
      return bucket === undefined ? 0 : Math.max(0, (1 - tokensNow(bucket)) * refillMs);
    },
    size() {
      sweep();
      return buckets.size;
    },
  };
}

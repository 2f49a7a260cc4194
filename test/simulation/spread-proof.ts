import { join } from "node:path";
import { type ShareProgress, type SpreadShares, spreadShares } from "../support/spread-shares.ts";
import type { Played, Share } from "./play-proof.ts";

type FailedSeed = Played["failures"][number];

export interface SpreadOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly workers: number;
  /** Names of moves that are not made. */
  readonly without?: readonly string[];
  /** Seeds that this divides are judged at rest; default 1. */
  readonly judgedEach?: number;
  /** Told after every share; `failures` are those so far. Give true to end it early. */
  readonly onShare?: (progress: ShareProgress<FailedSeed>) => boolean;
}

/** What a worker is given at a time. */
const shareOf = 50;

/** Plays seeds in threads; failures come by seed. */
export async function spreadProof({
  seed,
  schedules,
  workers,
  without = [],
  judgedEach = 1,
  onShare,
}: SpreadOptions): Promise<SpreadShares<FailedSeed>> {
  const shares = Array.from(
    { length: Math.ceil(schedules / shareOf) },
    (_, index): Share => ({
      seed: seed + index * shareOf,
      count: Math.min(shareOf, schedules - index * shareOf),
      without,
      judgedEach,
    }),
  );
  const program = join(import.meta.dirname, "proof-worker.ts");
  const spread = await spreadShares<Share, FailedSeed>({ program, shares, workers, onShare });
  return { ...spread, failures: spread.failures.toSorted((a, b) => a.seed - b.seed) };
}

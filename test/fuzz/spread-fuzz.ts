import { join } from "node:path";
import { type ShareProgress, type SpreadShares, spreadShares } from "../support/spread-shares.ts";
import type { Failed, Share } from "./play-fuzz.ts";
import type { Target } from "./target.ts";

export interface SpreadOptions {
  readonly targets: readonly Pick<Target, "name" | "share">[];
  readonly seed: number;
  /** Of all targets together; each has its share. */
  readonly cases: number;
  readonly workers: number;
  /** Told after every share; `failures` are those so far. Give true to end it early. */
  readonly onShare?: (progress: ShareProgress<Failed>) => boolean;
}

/** What a worker is given at a time. */
const shareOf = 500;

const program = join(import.meta.dirname, "fuzz-worker.ts");

/** Plays cases in threads. What took too long there is played again when nothing else runs, since two threads may have to share a core: that counts. */
export async function spreadFuzz({ targets, seed, cases, workers, onShare }: SpreadOptions): Promise<SpreadShares<Failed>> {
  const shares = sharesOf(targets, seed, cases);
  const tellWrong =
    onShare && (({ done, failures }: ShareProgress<Failed>) => onShare({ done, failures: failures.filter(isWrong) }));
  const all = await spreadShares<Share, Failed>({ program, shares, workers, onShare: tellWrong });
  const slow = all.failures.filter((failed) => !isWrong(failed));
  const alone = slow.map(({ target, seed }) => ({ target, seed, count: 1 }));
  const { failures } = await spreadShares<Share, Failed>({ program, shares: alone, workers: 1, onShare: undefined });
  return { ...all, failures: [...all.failures.filter(isWrong), ...failures] };
}

function isWrong({ slow }: Failed): boolean {
  return slow === undefined;
}

/** The pieces of work, of all targets by turns. */
function sharesOf(targets: SpreadOptions["targets"], seed: number, cases: number): Share[] {
  const total = targets.reduce((sum, { share }) => sum + share, 0);
  const all = targets.flatMap(({ name, share }) => {
    const count = Math.ceil((cases * share) / total);
    return Array.from({ length: Math.ceil(count / shareOf) }, (_, index) => ({
      turn: index / count,
      share: { target: name, seed: seed + index * shareOf, count: Math.min(shareOf, count - index * shareOf) },
    }));
  });
  return all.toSorted((a, b) => a.turn - b.turn).map(({ share }) => share);
}

import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Coverage, createCoverage } from "../simulation/coverage.ts";
import type { Failed, Played, Share } from "./play-fuzz.ts";
import type { Target } from "./target.ts";

export interface SpreadOptions {
  readonly targets: readonly Pick<Target, "name" | "share">[];
  readonly seed: number;
  /** Of all targets together; each has its share. */
  readonly cases: number;
  readonly workers: number;
  /** Told after every share; `failures` are those so far. Give true to end it early. */
  readonly onShare?: (progress: Progress) => boolean;
}

export interface Progress {
  readonly done: number;
  readonly failures: readonly Failed[];
}

/** What all cases came to. */
export interface Spread extends Progress {
  readonly coverage: Coverage;
}

/** What a worker is given at a time. */
const shareOf = 500;

/** Plays cases in threads, each of which takes a share after the other. */
export async function spreadFuzz({ targets, seed, cases, workers, onShare }: SpreadOptions): Promise<Spread> {
  const coverage = createCoverage();
  const failures: Failed[] = [];
  const shares = sharesOf(targets, seed, cases).values();
  let done = 0;
  let isOver = false;
  const work = async () => {
    const worker = new Worker(join(import.meta.dirname, "fuzz-worker.ts"));
    try {
      for (const share of shares) {
        if (isOver) break;
        const played = await ask(worker, share);
        done += share.count;
        coverage.add(played.coverage);
        failures.push(...played.failures);
        isOver ||= onShare?.({ done, failures }) ?? false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { done, coverage, failures };
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

async function ask(worker: Worker, share: Share): Promise<Played> {
  const settled = new AbortController();
  const { signal } = settled;
  const answered = once(worker, "message", { signal });
  const ended = once(worker, "exit", { signal }).then(([code]) => {
    throw new Error(
      `the thread of ${share.target}, seeds ${share.seed} to ${share.seed + share.count - 1}, ended with ${code}, without an answer`,
    );
  });
  ended.catch(() => undefined);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(share);
  try {
    const [played] = await Promise.race([answered, ended]);
    return played;
  } finally {
    settled.abort();
  }
}

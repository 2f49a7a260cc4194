import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Coverage, createCoverage } from "./coverage.ts";
import type { Played, Share } from "./play-proof.ts";

export interface SpreadOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly workers: number;
  /** Names of moves that are not made. */
  readonly without?: readonly string[];
  /** Seeds that this divides are judged at rest; default 1. */
  readonly judgedEach?: number;
  /** Told after every share; `failures` are those so far. Give true to end it early. */
  readonly onShare?: (progress: Progress) => boolean;
}

export interface Progress {
  readonly done: number;
  readonly failures: Played["failures"];
}

/** What all seeds came to; failures by seed. */
export interface Spread {
  readonly done: number;
  readonly coverage: Coverage;
  readonly failures: Played["failures"];
}

/** What a worker is given at a time. */
const shareOf = 50;

/** Plays seeds in threads, each of which takes a share after the other. */
export async function spreadProof({
  seed,
  schedules,
  workers,
  without = [],
  judgedEach = 1,
  onShare,
}: SpreadOptions): Promise<Spread> {
  const coverage = createCoverage();
  const failures: Played["failures"][number][] = [];
  const shares = Array.from({ length: Math.ceil(schedules / shareOf) }, (_, index) => ({
    seed: seed + index * shareOf,
    count: Math.min(shareOf, schedules - index * shareOf),
    without,
    judgedEach,
  })).values();
  let done = 0;
  let isOver = false;
  const work = async () => {
    const worker = new Worker(join(import.meta.dirname, "proof-worker.ts"));
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
  return { done, coverage, failures: failures.toSorted((a, b) => a.seed - b.seed) };
}

async function ask(worker: Worker, share: Share): Promise<Played> {
  const settled = new AbortController();
  const { signal } = settled;
  const answered = once(worker, "message", { signal });
  const ended = once(worker, "exit", { signal }).then(([code]) => {
    throw new Error(`the thread of seeds ${share.seed} to ${share.seed + share.count - 1} ended with ${code}, without an answer`);
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

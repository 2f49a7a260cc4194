import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Coverage, createCoverage } from "./coverage.ts";
import type { Played } from "./play-proof.ts";

export interface SpreadOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly workers: number;
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
export async function spreadProof({ seed, schedules, workers, onShare }: SpreadOptions): Promise<Spread> {
  const coverage = createCoverage();
  const failures: Played["failures"][number][] = [];
  let next = seed;
  let done = 0;
  let isOver = false;
  const work = async () => {
    const worker = new Worker(join(import.meta.dirname, "proof-worker.ts"));
    try {
      while (!isOver && next < seed + schedules) {
        const count = Math.min(shareOf, seed + schedules - next);
        const played = await ask(worker, { seed: next, count: count }, () => (next += count));
        done += count;
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

function ask(worker: Worker, share: object, onSent: () => void): Promise<Played> {
  const { promise, resolve, reject } = Promise.withResolvers<Played>();
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.postMessage(share);
  onSent();
  return promise.finally(() => worker.removeAllListeners());
}

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Coverage, createCoverage } from "../simulation/coverage.ts";

/** A piece of work for a thread: so many seeds from one on. */
export interface SeedShare {
  readonly seed: number;
  readonly count: number;
}

/** How far it is. */
export interface ShareProgress<Failure> {
  readonly done: number;
  /** Those so far. */
  readonly failures: readonly Failure[];
}

/** What all shares came to; failures in the order in which they were found. */
export interface SpreadShares<Failure> extends ShareProgress<Failure> {
  readonly coverage: Coverage;
}

/** What a thread answers to a share. */
interface PlayedShare<Failure> {
  readonly coverage: Parameters<Coverage["add"]>[0];
  readonly failures: readonly Failure[];
}

export interface SpreadSharesOptions<Share extends SeedShare, Failure> {
  /** Path of the threads' program: for each message, a share, it sends a `PlayedShare` back. */
  readonly program: string;
  readonly shares: readonly Share[];
  readonly workers: number;
  /** Told after every share. Give true to end it early. */
  readonly onShare?: ((progress: ShareProgress<Failure>) => boolean) | undefined;
}

/**
 * Does shares in threads, each of which takes one after the other.
 * A thread has room for what is young, as a process has: else what it clears away counts as work of the case that is played.
 */
export async function spreadShares<Share extends SeedShare, Failure>({
  program,
  shares,
  workers,
  onShare,
}: SpreadSharesOptions<Share, Failure>): Promise<SpreadShares<Failure>> {
  const coverage = createCoverage();
  const failures: Failure[] = [];
  const queue = shares.values();
  let done = 0;
  let isOver = false;
  const work = async () => {
    const worker = new Worker(program, { resourceLimits: { maxYoungGenerationSizeMb: 384 } });
    try {
      for (const share of queue) {
        if (isOver) break;
        const played = await ask<Failure>(worker, share);
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

async function ask<Failure>(worker: Worker, share: SeedShare): Promise<PlayedShare<Failure>> {
  const settled = new AbortController();
  const { signal } = settled;
  const answered = once(worker, "message", { signal }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new Error(`the thread of ${JSON.stringify(share)} failed`, { cause });
  });
  answered.catch(() => undefined);
  const ended = once(worker, "exit", { signal }).then(([code]) => {
    throw new Error(`the thread of ${JSON.stringify(share)} ended with ${code}, without an answer`);
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

import type { Clock } from "./clock.ts";

/** What a piece of work asks for; undefined: done. */
export type WorkResult = { readonly againAfterMs: number } | undefined | void;

export interface QueueOptions {
  /** One key at a time per key; a throw means "again, with backoff". An error's `retryAfterMs` is honoured. */
  readonly work: (key: string, signal: AbortSignal) => Promise<WorkResult>;
  readonly onFailure: (failure: QueueFailure) => void;
  readonly workers: number;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Default 5. */
  readonly minBackoffMs?: number;
  /** Default 300,000. */
  readonly maxBackoffMs?: number;
}

export interface QueueFailure {
  readonly key: string;
  readonly error: unknown;
  /** 1 for the first failure in a row. */
  readonly attempt: number;
  readonly retryMs: number;
}

/**
 * Keys to work on. 1. A key is never worked on twice at a time. 2. Added while waiting it is worked on once; added while being worked on, once more after.
 * 3. No added key is lost before the signal. 4. Failures in a row back off exponentially per key; a success forgets them.
 */
export interface Queue {
  add(key: string): void;
  /** The earlier of two for the same key counts. */
  addAfter(key: string, delayMs: number): void;
  /** Keys ready and not yet taken by a worker. */
  depth(): number;
  /** Failures in a row of this key. */
  failures(key: string): number;
  /** Resolves when the signal fired and no work is running. */
  readonly stopped: Promise<void>;
}

/** A running queue; it stops on the signal. */
export declare function startQueue(options: QueueOptions): Queue;

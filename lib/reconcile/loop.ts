import type { Clock } from "./clock.ts";

/** What a run asks for; undefined: wait for a trigger or the resync. */
export type RunResult = { readonly againAfterMs: number } | undefined | void;

export interface LoopOptions {
  /** `because`: the distinct reasons of the triggers since the last run (at most 8), e.g. `["NodeSubnet 10.244.1.0-24"]`. A throw means "again, with backoff". */
  readonly run: (because: readonly string[], signal: AbortSignal) => Promise<RunResult>;
  readonly onFailure: (failure: LoopFailure) => void;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** From the start of one run to the start of the next, default 0. */
  readonly minIntervalMs?: number;
  /** A run without a trigger, each 0.8 to 1.2 of this; undefined: never. */
  readonly resyncMs?: number;
  /** Before the first run, which needs no trigger; default 0. */
  readonly startDelayMs?: number;
  /** Default 200 and 30,000. */
  readonly minBackoffMs?: number;
  readonly maxBackoffMs?: number;
}

export interface LoopFailure {
  readonly error: unknown;
  /** 1 for the first failure in a row. */
  readonly attempt: number;
  readonly retryMs: number;
}

/** 1. One run at a time. 2. A trigger is followed by a run that started after it. 3. Triggers before that run count as one. */
export interface Loop {
  trigger(because: string): void;
  /** Undefined before the first run ended. */
  lastRun(): { readonly ok: boolean; readonly endedAgoMs: number; readonly error?: unknown } | undefined;
  /** Resolves when the signal fired and no run is going on. */
  readonly stopped: Promise<void>;
}

/** A running loop; it stops on the signal. */
export declare function startLoop(options: LoopOptions): Loop;

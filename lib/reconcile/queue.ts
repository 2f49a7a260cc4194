import { askedWaitMs, backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** What a piece of work asks for; undefined: done. */
export type WorkResult = { readonly againAfterMs: number } | undefined;

export interface QueueOptions {
  /** A throw means "again, with backoff"; an error's `retryAfterMs` is honoured. */
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

interface State {
  /** To be worked on, in the order of their adding; a key being worked on may be among them. */
  readonly dirty: Set<string>;
  readonly working: Set<string>;
  /** Key → failures in a row. */
  readonly failures: Map<string, number>;
  /** Key → its timer. */
  readonly later: Map<string, { readonly at: number; readonly cancel: () => void }>;
}

/** A running queue; it stops on the signal. */
export function startQueue(options: QueueOptions): Queue {
  const { clock, signal, workers } = options;
  const state: State = { dirty: new Set(), working: new Set(), failures: new Map(), later: new Map() };
  const { promise: stopped, resolve } = Promise.withResolvers<void>();

  const add = (key: string) => {
    if (signal.aborted) return;
    state.dirty.add(key);
    dispatch();
  };
  const addAfter = (key: string, delayMs: number) => {
    if (signal.aborted) return;
    const at = clock.now() + delayMs;
    const planned = state.later.get(key);
    if (planned !== undefined && planned.at <= at) return;
    planned?.cancel();
    const cancel = clock.after(delayMs, () => {
      state.later.delete(key);
      add(key);
    });
    state.later.set(key, { at, cancel });
  };
  const dispatch = () => {
    for (const key of state.dirty) {
      if (signal.aborted || state.working.size >= workers) return;
      if (state.working.has(key)) continue;
      state.dirty.delete(key);
      state.working.add(key);
      void attempt(options, state, key, addAfter).finally(() => {
        state.working.delete(key);
        if (signal.aborted && state.working.size === 0) resolve();
        dispatch();
      });
    }
  };
  const stop = () => {
    for (const { cancel } of state.later.values()) cancel();
    state.later.clear();
    if (state.working.size === 0) resolve();
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });

  return { add, addAfter, depth: () => state.dirty.size, failures: (key) => state.failures.get(key) ?? 0, stopped };
}

/** Works on a key once and plans what follows from the outcome. */
async function attempt(options: QueueOptions, state: State, key: string, addAfter: Queue["addAfter"]): Promise<void> {
  const { work, signal, random, minBackoffMs = 5, maxBackoffMs = 300_000 } = options;
  try {
    const result = await work(key, signal);
    state.failures.delete(key);
    if (result !== undefined) addAfter(key, result.againAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    const failures = (state.failures.get(key) ?? 0) + 1;
    state.failures.set(key, failures);
    const retryMs = Math.max(askedWaitMs(error), backoffMs(failures, { minMs: minBackoffMs, maxMs: maxBackoffMs }, random));
    addAfter(key, retryMs);
    options.onFailure({ key, error, attempt: failures, retryMs });
  }
}

import { askedWaitMs, backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** What a run asks for; undefined: wait for a trigger or the resync. */
export type RunResult = { readonly againAfterMs: number } | undefined;

export interface LoopOptions {
  /**
   * One pass. `because`: the distinct reasons of the triggers since the last run, e.g. `["NodeSubnet 10.244.1.0-24"]`; after the eighth, what `summary` says of them.
   * A throw means "again, with backoff"; an error's `retryAfterMs` is honoured. Triggers do not cut the backoff short.
   */
  readonly run: (because: readonly string[], signal: AbortSignal) => Promise<RunResult>;
  /** What a reason is told as where there are many: one of a few words, so that what stands for thousands is short. Default: `"and more"`. */
  readonly summary?: (because: string) => string;
  readonly onFailure: (failure: LoopFailure) => void;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** From the start of one run to the start of the next, default 0; on the average, where there may be several at once. */
  readonly minIntervalMs?: number;
  /** So many runs may follow each other at once after a pause; default 1. */
  readonly burst?: number;
  /** A run without a trigger, each 0.8 to 1.2 of this after the last; undefined: never. */
  readonly resyncMs?: number;
  /** Before the first run, which needs no trigger; default 0. */
  readonly startDelayMs?: number;
  /** Default 200. */
  readonly minBackoffMs?: number;
  /** Default 30,000. */
  readonly maxBackoffMs?: number;
}

export interface LoopFailure {
  readonly error: unknown;
  /** 1 for the first failure in a row. */
  readonly attempt: number;
  readonly retryMs: number;
}

export interface LastRun {
  readonly ok: boolean;
  readonly endedAgoMs: number;
  /** Of the run that failed. */
  readonly error: unknown;
}

/** 1. One run at a time. 2. A trigger is followed by a run that started after it. 3. Triggers before that run count as one. */
export interface Loop {
  trigger(because: string): void;
  /** Undefined before the first run ended. */
  lastRun(): LastRun | undefined;
  /** Resolves when the signal fired and no run is going on. */
  readonly stopped: Promise<void>;
}

interface State {
  because: Set<string>;
  running: boolean;
  /** No run before this moment. */
  notBefore: number;
  /** When the last runs began, as many as may follow each other at once; the oldest first. */
  began: readonly number[];
  failures: number;
  ended: { readonly ok: boolean; readonly at: number; readonly error: unknown } | undefined;
  /** When the next run is due, and how to take that back. */
  due: { readonly at: number; readonly cancel: () => void } | undefined;
}

const maxReasons = 8;

const andMore = (): string => "and more";

/** A running loop; it stops on the signal. */
export function startLoop(options: LoopOptions): Loop {
  const { clock, signal, summary = andMore } = options;
  const notBefore = clock.now() + (options.startDelayMs ?? 0);
  const state: State = {
    because: new Set(),
    running: false,
    notBefore,
    began: [],
    failures: 0,
    ended: undefined,
    due: undefined,
  };
  const { promise: stopped, resolve } = Promise.withResolvers<void>();

  const runAt = (at: number) => {
    const when = Math.max(at, state.notBefore);
    if (signal.aborted || state.running || (state.due !== undefined && state.due.at <= when)) return;
    state.due?.cancel();
    state.due = { at: when, cancel: clock.after(Math.max(0, when - clock.now()), () => void start()) };
  };
  const start = async () => {
    state.due = undefined;
    state.running = true;
    const nextAt = await pass(options, state);
    state.running = false;
    if (signal.aborted) resolve();
    else if (state.because.size > 0) runAt(clock.now());
    else if (nextAt !== undefined) runAt(nextAt);
  };
  const stop = () => {
    state.due?.cancel();
    if (!state.running) resolve();
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  runAt(notBefore);

  return {
    trigger(because) {
      const isWhole = state.because.size < maxReasons || state.because.has(because);
      state.because.add(isWhole ? because : summary(because));
      runAt(clock.now());
    },
    lastRun() {
      const { ended } = state;
      return ended && { ok: ended.ok, endedAgoMs: clock.now() - ended.at, error: ended.error };
    },
    stopped,
  };
}

/** Runs once; gives when to run next if nothing triggers before. */
async function pass(options: LoopOptions, state: State): Promise<number | undefined> {
  const { clock, signal, random, resyncMs, minIntervalMs = 0, burst = 1 } = options;
  const because = [...state.because];
  state.because = new Set();
  state.began = [...state.began, clock.now()].slice(-burst);
  const [oldest = 0] = state.began;
  state.notBefore = state.began.length < burst ? clock.now() : oldest + burst * minIntervalMs;
  try {
    const result = await options.run(because, signal);
    state.failures = 0;
    state.ended = { ok: true, at: clock.now(), error: undefined };
    const resync = resyncMs === undefined ? Number.POSITIVE_INFINITY : resyncMs * (0.8 + random() * 0.4);
    const waitMs = Math.min(resync, result?.againAfterMs ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(waitMs) ? clock.now() + waitMs : undefined;
  } catch (error) {
    state.failures++;
    state.ended = { ok: false, at: clock.now(), error };
    if (signal.aborted) return undefined;
    const { minBackoffMs: minMs = 200, maxBackoffMs: maxMs = 30_000 } = options;
    const retryMs = Math.max(askedWaitMs(error), backoffMs(state.failures, { minMs, maxMs }, random));
    state.notBefore = Math.max(state.notBefore, clock.now() + retryMs);
    options.onFailure({ error, attempt: state.failures, retryMs });
    return state.notBefore;
  }
}

import type { Clock } from "../reconcile/clock.ts";
import { type RunResult, startLoop } from "../reconcile/loop.ts";
import type { Event } from "./builtin.ts";
import { type EventStore, type Happening, keyOfHappening, keyOfObject, renderEvent, type Reporter } from "./event.ts";
import { renderMicroTime } from "./micro-time.ts";
import type { Stored } from "./resource.ts";
import { createTokenBuckets } from "./token-bucket.ts";

/**
 * `created` and `repeated` were written; `limited`: so much is told of this object already; `dropped`: too many wait to be written; `failed`: the server
 * did not take it, and it is not tried again.
 */
export type EventOutcome = "created" | "repeated" | "limited" | "dropped" | "failed";

export interface EventWriterOptions {
  readonly store: EventStore;
  readonly reporter: Reporter;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in Events. */
  readonly wallClock: () => number;
  /** In [0, 1), for names. */
  readonly random: () => number;
  readonly onOutcome: (outcome: EventOutcome, happening: Happening, error?: unknown) => void;
}

/** Writes Events without anybody waiting for them. */
export interface EventWriter {
  /** Returns at once; what becomes of it is told to `onOutcome`. */
  tell(happening: Happening): void;
  /** Writes, one at a time, until the signal fires; what still waits then is lost. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** What happened once or again. */
interface Series {
  readonly happening: Happening;
  count: number;
  /** When it last happened: on the wall, and on the clock. */
  lastMs: number;
  lastAt: number;
  /** The Event that tells it, and how often that one says it happened. */
  event: Stored<Event> | undefined;
  told: number;
  /** No write before that, on the clock. */
  notBefore: number;
}

/** What happens again within this time after the last is one Event with a count; the API server itself forgets an Event after an hour. */
const windowMs = 10 * 60_000;

/** Between two writes of one Event. */
const repeatMs = 5_000;

/** Events and repetitions of one object: so many at once, then one in five minutes; client-go's numbers, since people know what they look like. */
const perObject = { burst: 25, refillMs: 5 * 60_000 };

/** Of all objects together, so that a thousand new nodes do not cost the API server a thousand more writes in that moment. */
const altogether = { burst: 100, refillMs: 50 };

/** So many wait at most. */
const longestQueue = 500;

/** So many are known before old ones are looked for. */
const sweepAbove = 1_000;

/** A writer that has told nothing yet. */
export function createEventWriter(options: EventWriterOptions): EventWriter {
  const { clock, random, onOutcome } = options;
  const seriesOf = createSeries(options);
  const queue = new Set<Series>();
  const limit = createTokenBuckets({ clock, ...perObject });
  const pace = createTokenBuckets({ clock, ...altogether });
  let trigger = () => {};

  const flush = async (signal: AbortSignal): Promise<RunResult> => {
    for (const series of queue) {
      if (signal.aborted) return undefined;
      if (series.notBefore > clock.now()) continue;
      const againAfterMs = pace.waitMs("all");
      if (againAfterMs > 0) return { againAfterMs };
      pace.take("all");
      queue.delete(series);
      series.notBefore = clock.now() + repeatMs;
      await write(options, series);
      if (series.event !== undefined && series.count > series.told) queue.add(series);
    }
    const next = Math.min(...Array.from(queue, ({ notBefore }) => notBefore));
    return queue.size === 0 ? undefined : { againAfterMs: Math.max(0, next - clock.now()) };
  };
  return {
    tell(happening) {
      const series = seriesOf(happening);
      if (queue.has(series)) return;
      if (queue.size >= longestQueue) onOutcome("dropped", happening);
      else if (!limit.take(keyOfObject(happening.regarding))) onOutcome("limited", happening);
      else {
        queue.add(series);
        trigger();
      }
    },
    run(signal) {
      const loop = startLoop({ clock, random, signal, run: (_, aborted) => flush(aborted), onFailure: () => {} });
      trigger = () => loop.trigger("something happened");
      return loop.stopped;
    },
  };
}

/** Counts what happens, each in its series. */
function createSeries({ clock, wallClock }: EventWriterOptions): (happening: Happening) => Series {
  const known = new Map<string, Series>();
  let sweepAt = sweepAbove;
  const isOver = ({ lastAt }: Series) => clock.now() - lastAt > windowMs;
  return (happening) => {
    if (known.size > sweepAt) {
      for (const [key, series] of known) if (isOver(series)) known.delete(key);
      sweepAt = Math.max(sweepAbove, known.size * 2);
    }
    const key = keyOfHappening(happening);
    const found = known.get(key);
    const fresh: Series = { happening, count: 0, lastMs: 0, lastAt: 0, event: undefined, told: 0, notBefore: clock.now() };
    const series = found === undefined || isOver(found) ? fresh : found;
    known.set(key, Object.assign(series, { count: series.count + 1, lastAt: clock.now(), lastMs: wallClock() }));
    return series;
  };
}

/** Writes what the series has come to. After a failure the next time begins anew. */
async function write({ store, reporter, random, onOutcome }: EventWriterOptions, series: Series): Promise<void> {
  const { happening, event, count, lastMs } = series;
  try {
    if (event === undefined) {
      const suffix = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join("");
      series.event = await store.create(renderEvent(happening, reporter, { nowMs: lastMs, suffix }));
      series.told = 1;
    } else {
      series.event = await store.repeat(event, { count, lastObservedTime: renderMicroTime(lastMs) });
      series.told = count;
    }
    onOutcome(event === undefined ? "created" : "repeated", happening);
  } catch (error) {
    Object.assign(series, { event: undefined, told: 0, count: 0 });
    onOutcome("failed", happening, error);
  }
}

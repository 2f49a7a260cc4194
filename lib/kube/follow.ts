import { askedWaitMs, backoffMs } from "../reconcile/backoff.ts";
import type { Clock } from "../reconcile/clock.ts";
import { pause } from "../reconcile/pause.ts";
import type { Cache } from "./cache.ts";
import { isKubeError, KubeError } from "./errors.ts";
import type { InformerOptions } from "./informer.ts";
import type { OwnWrites } from "./own-writes.ts";
import { type KubeObject, keyOf } from "./resource.ts";
import { notOlder } from "./resource-version.ts";

/** What an informer knows. */
export interface FollowState<T extends KubeObject> {
  readonly cache: Cache<T>;
  readonly ownWrites: OwnWrites;
  /** When the server was last heard. */
  heardAt: number;
  /** Failed lists and watches in a row. */
  failures: number;
  /** How often the server showed an older state than before. */
  timesBack: number;
  /** A watch did not end as agreed since the last list. */
  broken: boolean;
  /** A list was asked for. */
  relistAsked: boolean;
  /** Ends the watch, where one is open. */
  endWatch: () => void;
  /** Called whenever the copy moved. */
  readonly waiters: Set<() => void>;
}

const backoff = { minMs: 200, maxMs: 30_000 };
const listTimeoutMs = 60_000;
/** A watch that ended sooner than this and said nothing is a failure, too. */
const shortestWatchMs = 1_000;
/** One that lived longer was healthy. */
const longWatchMs = 10_000;

/** What comes next. */
interface Course {
  /** `needed`: there is nothing to go on from. `due`: as a safety net; where it fails the watch goes on. */
  list: "needed" | "due" | "no";
  relistAt: number;
  /** The last watch did not end as agreed: the server may be another one than before. */
  doubt: boolean;
  /** The last failure was a version that had become too old. */
  gone: boolean;
}

/** Lists and watches, one after the other and never two at a time, until the signal fires. */
export async function follow<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  signal: AbortSignal,
): Promise<void> {
  const course: Course = { list: "needed", relistAt: Number.POSITIVE_INFINITY, doubt: false, gone: false };
  while (!signal.aborted) {
    if (state.relistAsked || (course.doubt && options.relistInDoubt === true)) course.list = "needed";
    const doing = course.list === "no" ? "watch" : "list";
    try {
      if (doing === "list") await listOnce(options, state, course, signal);
      else await goOn(options, state, course, signal);
    } catch (error) {
      if (signal.aborted) return;
      await pause(options.clock, afterFailure(options, state, course, doing, error), signal);
    }
  }
}

/** Sets the course after a failure; gives how long to wait. */
function afterFailure<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  course: Course,
  doing: "list" | "watch",
  error: unknown,
): number {
  const gone = isKubeError(error, "Gone");
  if (gone) course.list = "needed";
  else if (course.list === "due") course.list = "no";
  // A version that became too old is everyday life, unless it comes again and again.
  const everyday = gone && !course.gone;
  course.gone = gone;
  if (doing === "watch") doubt(state, course);
  state.failures++;
  if (everyday) return options.random() * (options.spreadMs ?? 1_000);
  const retryMs = Math.max(askedWaitMs(error), backoffMs(state.failures, backoff, options.random));
  options.onProblem?.({ doing, error, retryMs });
  return retryMs;
}

function doubt<T extends KubeObject>(state: FollowState<T>, course: Course): void {
  course.doubt = true;
  state.broken = true;
}

async function listOnce<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  course: Course,
  signal: AbortSignal,
): Promise<void> {
  const { client, resource, clock } = options;
  course.relistAt = clock.now() + relistMs(options);
  state.relistAsked = false;
  const { items, resourceVersion } = await client.listAll(resource, { ...selection(options), signal, timeoutMs: listTimeoutMs });
  const before = state.cache.version();
  const isOlder = before !== undefined && !notOlder(resourceVersion, before);
  const hasOlder = items.some((item) => isOlderThan(item, state.cache.get(keyOf(item))));
  const keys = state.cache.replace(items, resourceVersion);
  if (isOlder || hasOlder) {
    state.timesBack++;
    state.ownWrites.clear();
  }
  course.list = "no";
  course.doubt = false;
  state.broken = false;
  heard(options, state);
  for (const key of keys) signalChange(options, key);
}

/** Whether an object is as it was before it became what is known. */
function isOlderThan(item: KubeObject, known: KubeObject | undefined): boolean {
  const [now = "", then = ""] = [item.metadata.resourceVersion, known?.metadata.resourceVersion];
  return known !== undefined && item.metadata.uid === known.metadata.uid && !notOlder(now, then);
}

/** Watches from what is known on, where the server has not gone back behind that. */
async function goOn<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  course: Course,
  signal: AbortSignal,
): Promise<void> {
  if (course.doubt) await rejectOlderServer(options, state, signal);
  if (!state.relistAsked) await watchOnce(options, state, course, signal);
}

/** Watches until the server ends it or a list is due. */
async function watchOnce<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  course: Course,
  signal: AbortSignal,
): Promise<void> {
  const { client, resource, clock, random, silenceMs = 150_000 } = options;
  const resourceVersion = state.cache.version() ?? "";
  const timeoutSeconds = Math.round(300 + random() * 300);
  const watch = { ...selection(options), resourceVersion, timeoutSeconds, idleMs: silenceMs };
  const stop = new AbortController();
  const onSignal = () => stop.abort(signal.reason);
  signal.addEventListener("abort", onSignal, { once: true });
  state.endWatch = () => stop.abort();
  const cancelRelist = planRelist(clock, course, () => stop.abort());
  const startedAt = clock.now();
  let events = 0;
  try {
    for await (const event of client.watch(resource, watch, stop.signal)) {
      const taken = state.cache.take(event);
      if (taken === "backwards") throw wentBack(resource.kind);
      events++;
      heard(options, state);
      if (taken.key !== undefined) signalChange(options, taken.key);
    }
    if (events === 0 && clock.now() - startedAt < shortestWatchMs) throw endedAtOnce(resource.kind);
    if (clock.now() - startedAt < (timeoutSeconds - 5) * 1_000) doubt(state, course);
    else course.doubt = false;
  } catch (error) {
    // Stopped for a list, which is no failure.
    if (course.list === "no" && !state.relistAsked) throw error;
  } finally {
    state.endWatch = () => undefined;
    cancelRelist();
    signal.removeEventListener("abort", onSignal);
    if (events > 0 || clock.now() - startedAt > longWatchMs) {
      state.failures = 0;
      course.gone = false;
    }
  }
}

/**
 * A server whose etcd was restored from a backup takes a watch from a version it has not reached yet, and then says nothing
 * until it has: the copy would be wrong for as long. One small list tells where the server is.
 */
async function rejectOlderServer<T extends KubeObject>(
  options: InformerOptions<T>,
  state: FollowState<T>,
  signal: AbortSignal,
): Promise<void> {
  const { resourceVersion } = await options.client.list(options.resource, { ...selection(options), limit: 1, signal });
  const version = state.cache.version();
  if (version !== undefined && !notOlder(resourceVersion, version)) throw wentBack(options.resource.kind);
}

function planRelist(clock: Clock, course: Course, stop: () => void): () => void {
  if (!Number.isFinite(course.relistAt)) return () => undefined;
  return clock.after(Math.max(0, course.relistAt - clock.now()), () => {
    course.list = "due";
    stop();
  });
}

function heard<T extends KubeObject>(options: InformerOptions<T>, state: FollowState<T>): void {
  state.heardAt = options.clock.now();
  for (const look of state.waiters) look();
}

function signalChange<T extends KubeObject>(options: InformerOptions<T>, key: string): void {
  try {
    options.onChange(key);
  } catch (error) {
    options.onProblem?.({ doing: "onChange", error, retryMs: 0 });
  }
}

function selection<T extends KubeObject>({ namespace, labelSelector, fieldSelector }: InformerOptions<T>) {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function relistMs<T extends KubeObject>({ relistSeconds, random }: InformerOptions<T>): number {
  return relistSeconds === undefined ? Number.POSITIVE_INFINITY : relistSeconds * 1_000 * (0.8 + random() * 0.4);
}

function wentBack(kind: string): KubeError {
  return new KubeError(`watch ${kind}: the server went back in time, as after a restore; it is listed anew`, { code: "Gone" });
}

function endedAtOnce(kind: string): KubeError {
  return new KubeError(`watch ${kind}: the server ended it at once; it is tried again`, { code: "Unavailable" });
}

import type { Clock } from "../reconcile/clock.ts";
import { createCache } from "./cache.ts";
import type { KubeClient, SelectOptions } from "./client.ts";
import { type FollowState, follow } from "./follow.ts";
import { createOwnWrites, type OwnWrite } from "./own-writes.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";

export interface InformerOptions<T extends KubeObject> extends SelectOptions {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** The object of this key (see `keyOf`) was added, changed or removed: a hint to look at the copy. Must not block. */
  readonly onChange: (key: string) => void;
  /** A failed list or watch, about to be tried again; also a throw out of `onChange`. */
  readonly onProblem?: (problem: InformerProblem) => void;
  /** What of an object to keep; default everything but `metadata.managedFields`. May change what it is given. */
  readonly project?: (object: Stored<T>) => Stored<T>;
  /** A full list as a safety net, each 0.8 to 1.2 of this, 600 or more; undefined: never (agents: nobody lists at a steady pace in a fleet). */
  readonly relistSeconds?: number;
  /**
   * Lists anew after a watch that did not end as agreed. The server may have been restored from a backup meanwhile and have got as far as before, with other
   * objects: then no version tells. Default false, which costs one object instead of all: for a fleet, which hears of restores otherwise.
   */
  readonly relistInDoubt?: boolean;
  /** A list that the server forces (410) waits a random part of this, so that a fleet does not list at once; default 1,000. */
  readonly spreadMs?: number;
  /** A watch from which nothing came for so long, bookmarks included (about one a minute), is taken as dead; default 150,000. */
  readonly silenceMs?: number;
}

export interface InformerProblem {
  readonly doing: "list" | "watch" | "onChange";
  readonly error: unknown;
  /** When it is tried again. */
  readonly retryMs: number;
}

/** How long to wait at most. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * A local copy of a collection that follows the server.
 * 1. `run` ends only on its signal and never rejects. 2. At most one watch is open. 3. After any fault the copy becomes equal to the
 * server's list again. 4. A key whose object changed is signalled at least once after the copy shows it.
 */
export interface Informer<T extends KubeObject> {
  /** @throws {Error} when called a second time. */
  run(signal: AbortSignal): Promise<void>;
  /** By `keyOf`. Do not change what you get. */
  get(key: string): Stored<T> | undefined;
  list(): Stored<T>[];
  /** True from the first complete list on. */
  readonly synced: boolean;
  /** True when synced, false when patience ran out. */
  waitForSync(patience: Patience): Promise<boolean>;
  /** Seconds since the server was last heard (event, bookmark, list); Infinity before the first list. */
  staleSeconds(): number;
  /** How often the server showed an older state than before, as after a restore from a backup. */
  readonly timesBack: number;
  /**
   * The watch broke since the last list. A server that was restored meanwhile, and has given out the same versions again since, cannot be told from what it
   * was before.
   */
  readonly broken: boolean;
  /** Lists anew as soon as that is possible, since what is here may be of another past than the server's. */
  relist(): void;
  /** Tells of a write of our own, for `caughtUp`. The object must match the informer's selectors, else only a bookmark shows it (about a minute). */
  wrote(write: OwnWrite): void;
  /** True once the copy shows every write it was told of, deletions too, so that a loop reads its own writes; false when patience ran out. */
  caughtUp(patience: Patience): Promise<boolean>;
}

/** An informer; nothing happens before `run`. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const cache = createCache(options.project ?? withoutManagedFields);
  const ownWrites = createOwnWrites(cache);
  const state: FollowState<T> = {
    cache,
    ownWrites,
    heardAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    timesBack: 0,
    broken: false,
    relistAsked: false,
    endWatch: () => undefined,
    waiters: new Set(),
  };
  let started = false;
  const synced = () => cache.version() !== undefined;
  return {
    run(signal) {
      if (started) throw new Error(`the informer of ${options.resource.kind} was started twice; create one for each run`);
      started = true;
      return follow(options, state, signal);
    },
    get: (key) => cache.get(key),
    list: () => cache.list(),
    get synced() {
      return synced();
    },
    waitForSync: (patience) => until(synced, state.waiters, options.clock, patience),
    staleSeconds: () => (options.clock.now() - state.heardAt) / 1_000,
    get timesBack() {
      return state.timesBack;
    },
    get broken() {
      return state.broken;
    },
    relist() {
      state.relistAsked = true;
      state.endWatch();
    },
    wrote: (write) => ownWrites.note(write),
    caughtUp: (patience) => until(() => ownWrites.shown(), state.waiters, options.clock, patience),
  };
}

function withoutManagedFields<T extends KubeObject>(object: Stored<T>): Stored<T> {
  // Not deleted: an object that lost a property takes five times the memory.
  const { managedFields: _managedFields, ...metadata }: Stored<T>["metadata"] & { readonly managedFields?: unknown } =
    object.metadata;
  return { ...object, metadata };
}

/** True when `holds` does, looked at whenever the copy moves; false when patience ran out. */
function until(holds: () => boolean, waiters: Set<() => void>, clock: Clock, { timeoutMs, signal }: Patience): Promise<boolean> {
  if (holds()) return Promise.resolve(true);
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (result: boolean) => {
      cancel();
      waiters.delete(look);
      signal?.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const look = () => {
      if (holds()) end(true);
    };
    const giveUp = () => end(false);
    const cancel = clock.after(timeoutMs, giveUp);
    waiters.add(look);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}

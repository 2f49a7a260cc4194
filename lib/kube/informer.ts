import type { Clock } from "../reconcile/clock.ts";
import type { KubeClient, SelectOptions } from "./client.ts";
import type { KubeError } from "./errors.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";

export interface InformerOptions<T extends KubeObject> extends SelectOptions {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Something about this key changed (see `keyOf`): a hint to look, called for adds, changes, removals and after every list. Must not block. */
  readonly onChange: (key: string) => void;
  /** A failed list or watch, about to be retried after `retryMs`; also a throw out of `onChange`. */
  readonly onProblem?: (problem: InformerProblem) => void;
  /** What of an object to keep; default everything but `metadata.managedFields`. */
  readonly project?: (object: Stored<T>) => Stored<T>;
  /** A full list as a safety net, each 0.8 to 1.2 of this, at least 600; undefined: never (agents: no steady lists). */
  readonly relistSeconds?: number;
  /** A list forced by the server (410) waits a random part of this, so that a fleet does not list at once; default 1,000. */
  readonly spreadMs?: number;
}

export interface InformerProblem {
  readonly doing: "list" | "watch" | "onChange";
  readonly error: KubeError | Error;
  readonly retryMs: number;
}

/**
 * A local copy of a collection that follows the server.
 * 1. `run` ends only on its signal and never rejects. 2. At most one watch is open. 3. After any fault the copy becomes equal to
 * the server's list again. 4. A key whose object changed is signalled at least once after the copy shows it.
 */
export interface Informer<T extends KubeObject> {
  /** Call once. */
  run(signal: AbortSignal): Promise<void>;
  /** By `keyOf`. Do not change what you get. */
  get(key: string): Stored<T> | undefined;
  list(): Stored<T>[];
  /** True from the first complete list on. */
  readonly synced: boolean;
  /** Resolves true when synced, false when the deadline passed or the signal fired. */
  waitForSync(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<boolean>;
  /** Seconds since the server was last heard (event, bookmark, list); Infinity before the first list. */
  staleSeconds(): number;
  /**
   * True once the copy shows all writes up to this resourceVersion (of an object we wrote), so that a loop reads its own writes;
   * false when the deadline passed. The object must match the informer's selectors, else only a bookmark brings it (about a minute).
   */
  observed(resourceVersion: string, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<boolean>;
}

/** An informer; nothing happens before `run`. */
export declare function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T>;

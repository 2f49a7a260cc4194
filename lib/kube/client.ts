import { type Access, openAccess } from "./access.ts";
import { createClient } from "./create-client.ts";
import { createPool } from "./pool.ts";
import type { KubeObject, ObjectName, Resource, Stored } from "./resource.ts";
import { createTransport } from "./transport.ts";

export type { Access } from "./access.ts";

/** Options of every request. */
export interface RequestOptions {
  /** Deadline of the whole request, default 15,000; it then fails with code Unavailable. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface SelectOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  /** e.g. `"podnet.dev/network=default"` */
  readonly labelSelector?: string;
  /** e.g. `"metadata.name=node-1"` */
  readonly fieldSelector?: string;
}

export interface ListOptions extends SelectOptions, RequestOptions {
  readonly limit?: number;
  readonly continue?: string;
  /** Omitted: the newest state (quorum). `"0"`: whatever state the server has at hand. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface ListAllOptions extends SelectOptions, RequestOptions {
  /** Objects per request, default 500; `timeoutMs` is per request. */
  readonly pageSize?: number;
}

/** One page of a collection, all of it as of one resourceVersion. */
export interface List<T extends KubeObject> {
  readonly items: Stored<T>[];
  readonly resourceVersion: string;
  /** Set where more pages follow. */
  readonly continue: string | undefined;
}

export interface WriteOptions extends RequestOptions {
  readonly subresource?: "status";
  /** Owner of the written fields in `managedFields`. */
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

/** How a patch is written: `merge` is RFC 7386, `json` RFC 6902, `strategic` for built-in kinds only, `apply` see apply.ts. */
export type PatchType = "apply" | "merge" | "json" | "strategic";

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType;
  /** Only with `apply`: take fields over from other managers. */
  readonly force?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  /** Deletes only this very object. */
  readonly uid?: string;
  /** Deletes only this version of it. */
  readonly resourceVersion?: string;
}

/** What became of a deletion: `finalizing` where the object stays until others took their finalizers off; `absent` where there was none. */
export type Deletion = "deleted" | "finalizing" | "absent";

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored<T> }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export interface WatchOptions extends SelectOptions {
  /** Where to go on from: of a list, an event or a bookmark. */
  readonly resourceVersion: string;
  /** The server closes the stream after this long. */
  readonly timeoutSeconds: number;
  /** Nothing heard for so long (bookmarks come about every minute): the stream is taken as dead. */
  readonly idleMs: number;
}

/**
 * The API server as plain JSON. Every failure is a `KubeError`; an abort by the caller's signal is that signal's reason.
 * A read whose connection broke is tried a second time at once; a write never is. What the server has no room for now (429) is tried again when it says,
 * as far as the deadline allows.
 */
export interface KubeClient {
  /** undefined when there is no such object; always the newest state. */
  get<T extends KubeObject>(resource: Resource<T>, name: ObjectName, options?: RequestOptions): Promise<Stored<T> | undefined>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>>;
  /** All pages, as of one resourceVersion; begins anew when a continue token expires on the way. */
  listAll<T extends KubeObject>(resource: Resource<T>, options?: ListAllOptions): Promise<List<T>>;
  /** @throws {KubeError} AlreadyExists where the name is taken. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** Conditional where `object` carries a resourceVersion. @throws {KubeError} Conflict where it is no longer the newest. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(resource: Resource<T>, name: ObjectName, body: unknown, options: PatchOptions): Promise<Stored<T>>;
  /** @throws {KubeError} Conflict where `uid` or `resourceVersion` is not that of the object there. */
  delete<T extends KubeObject>(resource: Resource<T>, name: ObjectName, options?: DeleteOptions): Promise<Deletion>;
  /** Ends when the server ends the stream; throws KubeError for everything else. Use informer.ts unless you know better. */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void, void>;
  /** The server's version, e.g. `"v1.37.2"`. */
  serverVersion(options?: RequestOptions): Promise<string>;
  /** Ends all connections; running requests fail. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly access: Access;
  /** User-Agent, e.g. `"podnet-operator/0.1.0"`. */
  readonly userAgent: string;
}

/**
 * A client with pooled connections. Opens none before its first request.
 * @throws {Error} where the access does not say where the server is.
 */
export async function connect(options: ConnectOptions): Promise<KubeClient> {
  const pool = createPool(await openAccess(options.access));
  return createClient(createTransport(pool, options.userAgent), () => pool.close());
}

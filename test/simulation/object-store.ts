import type { KubeObject, Resource, Stored } from "../../lib/kube/resource.ts";
import { type ApiKind, type ApiObject, kindKey } from "./api-kind.ts";
import type { Ownership } from "./ownership.ts";

/** An object and who owns its fields. */
export interface StoredRecord {
  readonly object: ApiObject;
  readonly ownership: Ownership;
}

/** A write that was done. */
export interface Change {
  readonly revision: number;
  readonly kind: ApiKind;
  /** e.g. `"node-1"`, `"default/pod-1"` */
  readonly key: string;
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
  /** As a watch shows it; of a deletion the last state, with the version of the deletion. */
  readonly shown: ApiObject;
}

/** The store, to look at only. Objects come in the order of their keys. */
export interface StoreView {
  /** Of the newest write. */
  revision(): number;
  get<T extends KubeObject>(resource: Resource<T>, key: string): Stored<T> | undefined;
  list<T extends KubeObject>(resource: Resource<T>): readonly Stored<T>[];
}

/** What etcd is to an API server: all objects, one counter for all writes, and the past until it is compacted. */
export interface ObjectStore {
  readonly view: StoreView;
  readonly kinds: readonly ApiKind[];
  revision(): number;
  /** The oldest revision that can still be read. */
  compacted(): number;
  /** Undefined where the kind is not served. */
  kindOf(resource: Resource<KubeObject>): ApiKind | undefined;
  get(kind: ApiKind, key: string): StoredRecord | undefined;
  /** In the order of keys. */
  list(kind: ApiKind): readonly StoredRecord[];
  /** As it was at a revision, in the order of keys. */
  listAt(kind: ApiKind, revision: number): readonly StoredRecord[];
  /** The changes of a kind, oldest first; `from` is the number of them to leave out. */
  changes(kind: ApiKind, from: number): readonly Change[];
  /** How many changes of a kind came up to a revision, for `changes`. */
  changesUntil(kind: ApiKind, revision: number): number;
  /** Puts an object at the next revision, or removes it. */
  commit(kind: ApiKind, key: string, after: StoredRecord | undefined, shown: ApiObject): void;
  /** Forgets the past before a revision. */
  compact(revision: number): void;
  /**
   * Goes back to the state of a revision, as etcd brought back from a backup: then that revision is the newest again, and versions given since
   * are given once more. With `bump` the counter goes on so far above the highest one ever given, and all before it counts as compacted.
   */
  restore(revision: number, bump?: number): void;
}

interface Collection {
  readonly kind: ApiKind;
  readonly records: Map<string, StoredRecord>;
  readonly changes: Change[];
  /** Undefined where it has to be worked out anew. */
  sorted: readonly StoredRecord[] | undefined;
}

/** An empty store; `onChange` is called after every write that was done. */
export function createObjectStore(kinds: readonly ApiKind[], onChange: (change: Change) => void): ObjectStore {
  const collections = new Map(kinds.map((kind) => [kind, emptyCollection(kind)]));
  const byKey = new Map(kinds.map((kind) => [kindKey(kind.resource), kind]));
  let revision = 1;
  let compacted = 1;
  let highest = 1;
  const of = (kind: ApiKind): Collection => {
    const found = collections.get(kind);
    if (found === undefined) throw new TypeError(`the server does not serve ${kind.resource.kind}`);
    return found;
  };
  const kindOf = (resource: Resource<KubeObject>) => byKey.get(kindKey(resource));
  const list = (kind: ApiKind) => {
    const collection = of(kind);
    collection.sorted ??= sortedRecords(collection.records);
    return collection.sorted;
  };
  return {
    kinds,
    view: createView(
      kindOf,
      (kind, key) => of(kind).records.get(key),
      list,
      () => revision,
    ),
    revision: () => revision,
    compacted: () => compacted,
    kindOf,
    get: (kind, key) => of(kind).records.get(key),
    list,
    listAt: (kind, at) => (at >= revision ? list(kind) : sortedRecords(recordsAt(of(kind), at))),
    changes: (kind, from) => of(kind).changes.slice(from),
    changesUntil: (kind, until) => of(kind).changes.findLastIndex((change) => change.revision <= until) + 1,
    commit(kind, key, after, shown) {
      const collection = of(kind);
      revision++;
      const before = collection.records.get(key);
      if (after === undefined) collection.records.delete(key);
      else collection.records.set(key, after);
      collection.sorted = undefined;
      const change = { revision, kind, key, before, after, shown };
      collection.changes.push(change);
      onChange(change);
    },
    compact: (until) => {
      compacted = Math.max(compacted, Math.min(until, revision));
    },
    restore(to, bump) {
      for (const collection of collections.values()) undo(collection, to);
      highest = Math.max(highest, revision);
      revision = bump === undefined ? to : highest + bump;
      compacted = bump === undefined ? Math.min(compacted, to) : revision;
    },
  };
}

function emptyCollection(kind: ApiKind): Collection {
  return { kind, records: new Map(), changes: [], sorted: undefined };
}

function sortedRecords(records: ReadonlyMap<string, StoredRecord>): readonly StoredRecord[] {
  return [...records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
}

function recordsAt({ records, changes }: Collection, revision: number): Map<string, StoredRecord> {
  const past = new Map(records);
  for (let index = changes.length - 1; index >= 0; index--) {
    const change = changes[index];
    if (change === undefined || change.revision <= revision) break;
    if (change.before === undefined) past.delete(change.key);
    else past.set(change.key, change.before);
  }
  return past;
}

function undo(collection: Collection, revision: number): void {
  const past = recordsAt(collection, revision);
  collection.records.clear();
  for (const [key, record] of past) collection.records.set(key, record);
  collection.changes.splice(collection.changes.findLastIndex((change) => change.revision <= revision) + 1);
  collection.sorted = undefined;
}

function createView(
  kindOf: (resource: Resource<KubeObject>) => ApiKind | undefined,
  get: (kind: ApiKind, key: string) => StoredRecord | undefined,
  list: (kind: ApiKind) => readonly StoredRecord[],
  revision: () => number,
): StoreView {
  const objects = new WeakMap<readonly StoredRecord[], readonly unknown[]>();
  return {
    revision,
    get<T extends KubeObject>(resource: Resource<T>, key: string) {
      const kind = kindOf(resource);
      const object: unknown = kind === undefined ? undefined : get(kind, key)?.object;
      return object as Stored<T> | undefined;
    },
    list<T extends KubeObject>(resource: Resource<T>) {
      const kind = kindOf(resource);
      const records = kind === undefined ? [] : list(kind);
      const found: readonly unknown[] = objects.get(records) ?? records.map(({ object }) => object);
      objects.set(records, found);
      return found as readonly Stored<T>[];
    },
  };
}

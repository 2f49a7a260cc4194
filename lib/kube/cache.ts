import type { WatchEvent } from "./client.ts";
import { type KubeObject, keyOf, type Stored } from "./resource.ts";
import { notOlder } from "./resource-version.ts";

/** What became of an event: the key it was about (none for a bookmark), or that it is older than what is here. */
export type Taken = { readonly key: string | undefined } | "backwards";

/** A local copy of a collection, as of one version. */
export interface Cache<T extends KubeObject> {
  get(key: string): Stored<T> | undefined;
  list(): Stored<T>[];
  /** Of the last list, event or bookmark; undefined before the first list. */
  version(): string | undefined;
  /** Takes a whole list; gives the keys that differ from before. */
  replace(items: readonly Stored<T>[], version: string): string[];
  /** Takes one event. `"backwards"`: nothing was taken, since the server went back in time, as after a restore. */
  take(event: WatchEvent<T>): Taken;
}

/** An empty copy; `project` says what of each object is kept. */
export function createCache<T extends KubeObject>(project: (object: Stored<T>) => Stored<T>): Cache<T> {
  let objects = new Map<string, Stored<T>>();
  let version: string | undefined;
  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    version: () => version,
    replace(items, newVersion) {
      const next = new Map(items.map((item) => [keyOf(item), project(item)]));
      const changed = [...next].filter(([key, object]) => !sameVersion(objects.get(key), object)).map(([key]) => key);
      const gone = [...objects.keys()].filter((key) => !next.has(key));
      objects = next;
      version = newVersion;
      return [...changed, ...gone];
    },
    take(event) {
      const newVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
      if (version !== undefined && !notOlder(newVersion, version)) return "backwards";
      version = newVersion;
      if (event.type === "BOOKMARK") return { key: undefined };
      const key = keyOf(event.object);
      if (event.type === "DELETED") objects.delete(key);
      else objects.set(key, project(event.object));
      return { key };
    },
  };
}

function sameVersion(a: KubeObject | undefined, b: KubeObject): boolean {
  return a?.metadata.resourceVersion === b.metadata.resourceVersion && a?.metadata.uid === b.metadata.uid;
}

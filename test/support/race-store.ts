import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { Step } from "../../lib/reconcile/kind.ts";

/** One collection as etcd keeps it, with all of its past: every write makes a version, and a reader may be shown any. */
export interface RaceCollection<T extends KubeObject> {
  now(): ReadonlyMap<string, Stored<T>>;
  /** As it was at that revision of the whole store. */
  at(revision: number): ReadonlyMap<string, Stored<T>>;
  /** Puts or removes without asking, as the world does. */
  set(name: string, object: T | undefined): void;
  /** Add: the name must be free. Change and remove: the object must be as `have` is. Whether it was done. */
  write(step: Step<T>): boolean;
}

/** Counts the writes to all collections of a store. */
export interface RaceClock {
  revision: number;
}

/** An empty collection; `onWrite` sees each new version. */
export function raceCollection<T extends KubeObject>(clock: RaceClock, onWrite: () => void): RaceCollection<T> {
  const versions: { readonly since: number; readonly objects: ReadonlyMap<string, Stored<T>> }[] = [];
  const at = (revision: number) => versions.findLast(({ since }) => since <= revision)?.objects ?? new Map<string, Stored<T>>();
  const now = () => at(clock.revision);
  const set = (name: string, object: T | undefined) => {
    const next = new Map(now());
    clock.revision += 1;
    if (object === undefined) next.delete(name);
    else {
      const { uid = `uid-${clock.revision}`, creationTimestamp = "2026-01-01T00:00:00Z" } = object.metadata;
      next.set(name, {
        ...object,
        metadata: { ...object.metadata, uid, resourceVersion: `${clock.revision}`, creationTimestamp },
      });
    }
    versions.push({ since: clock.revision, objects: next });
    onWrite();
  };
  return {
    now,
    at,
    set,
    write({ op, key, want, have }) {
      const found = now().get(key);
      const asExpected = op === "add" ? found === undefined : found?.metadata.resourceVersion === have?.metadata.resourceVersion;
      if (asExpected && (found !== undefined || op === "add")) set(key, op === "remove" ? undefined : want);
      return asExpected;
    },
  };
}

import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { Step } from "../../lib/reconcile/kind.ts";

/** One collection as etcd keeps it, with all of its past: every write makes a version, and a reader may be shown any. */
export interface RaceCollection<T extends KubeObject> {
  readonly versions: ReadonlyMap<string, Stored<T>>[];
  now(): ReadonlyMap<string, Stored<T>>;
  /** Puts or removes without asking, as the world does. */
  set(name: string, object: T | undefined): void;
  /** Add: the name must be free. Change and remove: the object must be as `have` is. Whether it was done. */
  write(step: Step<T>): boolean;
}

/** What two operators share. */
export interface RaceStore {
  readonly claims: RaceCollection<NodeSubnet>;
  readonly records: RaceCollection<NodeNetwork>;
}

/** An empty collection; `onWrite` sees each new version. */
export function raceCollection<T extends KubeObject>(onWrite: () => void): RaceCollection<T> {
  const versions: ReadonlyMap<string, Stored<T>>[] = [new Map()];
  let serial = 0;
  const now = () => versions.at(-1) ?? new Map<string, Stored<T>>();
  const set = (name: string, object: T | undefined) => {
    const next = new Map(now());
    if (object === undefined) next.delete(name);
    else {
      serial += 1;
      const { uid = `uid-${serial}`, creationTimestamp = "2026-01-01T00:00:00Z" } = object.metadata;
      next.set(name, { ...object, metadata: { ...object.metadata, uid, resourceVersion: `${serial}`, creationTimestamp } });
    }
    versions.push(next);
    onWrite();
  };
  return {
    versions,
    now,
    set,
    write({ op, key, want, have }) {
      const found = now().get(key);
      const asExpected = op === "add" ? found === undefined : found?.metadata.resourceVersion === have?.metadata.resourceVersion;
      if (asExpected && (found !== undefined || op === "add")) set(key, op === "remove" ? undefined : want);
      return asExpected;
    },
  };
}

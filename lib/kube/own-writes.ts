import type { KubeObject } from "./resource.ts";
import { notOlder } from "./resource-version.ts";

/** A write that the server has confirmed. */
export type OwnWrite =
  /** An object was made or changed; its new version. */
  | { readonly version: string }
  /** An object is gone. */
  | { readonly gone: { readonly key: string; readonly uid: string } };

/** The writes of our own that a copy does not show yet. */
export interface OwnWrites {
  note(write: OwnWrite): void;
  /** Whether the copy shows them all. */
  shown(): boolean;
  /** Forgets them: the server went back in time and may never get there. */
  clear(): void;
}

/** The part of a copy that is asked. */
interface Copy {
  get(key: string): KubeObject | undefined;
  version(): string | undefined;
}

/** None yet. */
export function createOwnWrites(copy: Copy): OwnWrites {
  let newest = "0";
  /** UID → key. A UID never comes back. */
  const gone = new Map<string, string>();
  return {
    note(write) {
      if ("gone" in write) gone.set(write.gone.uid, write.gone.key);
      else if (notOlder(write.version, newest)) newest = write.version;
    },
    shown() {
      for (const [uid, key] of gone) if (copy.get(key)?.metadata.uid !== uid) gone.delete(uid);
      const version = copy.version();
      return gone.size === 0 && version !== undefined && notOlder(version, newest);
    },
    clear() {
      newest = "0";
      gone.clear();
    },
  };
}

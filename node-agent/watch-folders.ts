import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isUnfinished } from "../lib/linux/whole-file.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { pause } from "../lib/reconcile/pause.ts";

export interface FolderWatchOptions {
  /**
   * The file at this path changed, came or went, or, where it is the folder's own, that came, went or was replaced. Only a hint: a folder that cannot be watched is silent.
   * Of a file that is being written nothing is told until it stands in its place.
   */
  readonly changed: (path: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A folder is mounted from one that was removed: nothing can ever be written into it again, whatever stands at its path elsewhere. */
export class FolderRemoved extends Error {
  override readonly name = "FolderRemoved";
  readonly code = "FolderRemoved";

  constructor(folder: string) {
    super(
      `the folder that is mounted at ${folder} was removed from the node, so that nothing can be written there; this process has to be started again to get the new one, as a kubelet does by itself`,
    );
  }
}

/** Between two looks at whether a folder is still the one that is watched: of one that is mounted from elsewhere nobody tells that it went. */
const everyMs = 1000;

/**
 * Watches folders until the signal fires, whether they stand already or come later.
 * @throws {FolderRemoved} when what is mounted at one of them was removed.
 */
export async function watchFolders(folders: readonly string[], options: FolderWatchOptions): Promise<void> {
  await Promise.all(folders.map((folder) => watchFolder(folder, options)));
}

async function watchFolder(folder: string, { changed, clock, signal }: FolderWatchOptions): Promise<void> {
  const watcher = createWatcher(folder, changed);
  let known: string | undefined;
  try {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const standing = await standingAt(folder);
      if (standing !== known) watcher.end();
      const isNew = standing !== undefined && watcher.begin();
      if (!isFirst && (isNew || standing !== known)) changed(folder);
      known = standing;
      await pause(clock, everyMs, signal);
    }
  } finally {
    watcher.end();
  }
}

/** Tells one folder from another that stands at the same path later; undefined where none can be seen. */
async function standingAt(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.nlink === 0) throw new FolderRemoved(folder);
  return found && `${found.dev} ${found.ino}`;
}

function createWatcher(folder: string, changed: (path: string) => void) {
  let current: FSWatcher | undefined;
  const end = () => {
    current?.close();
    current = undefined;
  };
  return {
    end,
    /** True when it was not watched, and is now. */
    begin(): boolean {
      if (current !== undefined) return false;
      try {
        const begun = watch(folder, (event, name) => {
          // The folder itself went, or a file of its name did; a new one may have got even its number.
          const isGone = event === "rename" && name === basename(folder);
          if (name === null || isGone) changed(folder);
          else if (!isUnfinished(name)) changed(join(folder, name));
          if (isGone && current === begun) end();
        });
        begun.on("error", () => current === begun && end());
        current = begun;
      } catch {
        // Its changes are found by the next look at everything, and the next round tries again.
        return false;
      }
      return true;
    },
  };
}

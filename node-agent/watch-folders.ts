import { watch } from "node:fs";

/**
 * Calls `changed` with a folder's path when something in it changes, until the signal fires. Only a hint: a folder that does not exist,
 * or cannot be watched any more, is not watched.
 */
export function watchFolders(folders: readonly string[], changed: (folder: string) => void, signal: AbortSignal): void {
  for (const folder of folders) {
    try {
      const watcher = watch(folder, { signal }, () => changed(folder));
      watcher.on("error", () => watcher.close());
    } catch {
      // Its changes are found by the next look at everything.
    }
  }
}

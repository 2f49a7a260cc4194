import { watch } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** An editor writes a file in several steps, and a checkout many files. */
const quietMs = 80;

/**
 * Gives the files below these folders of `root` that changed, those together that change at once, until the signal fires. What changes while whoever asks
 * is at work is given next.
 */
export async function* followSources(root: string, folders: readonly string[], signal: AbortSignal): AsyncGenerator<string[]> {
  let changed = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const follow = async (folder: string) => {
    for await (const { filename } of watch(join(root, folder), { recursive: true, signal })) {
      if (filename !== null) changed.add(`${folder}/${filename}`);
      wake.resolve();
    }
  };
  const following = Promise.all(folders.map(follow)).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  while (!signal.aborted) {
    await Promise.race([wake.promise, following]);
    for (let before = -1; before < changed.size; ) {
      before = changed.size;
      await delay(quietMs);
    }
    const paths = [...changed];
    changed = new Set();
    wake = Promise.withResolvers();
    if (paths.length > 0) yield paths;
  }
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isFromOutside } from "../lib/linux/system-error.ts";
import { removeWhole } from "../lib/linux/whole-file.ts";
import { pluginNames } from "./plan/plugin-names.ts";
import { manifestPath, readManifest } from "./plugin-manifest.ts";
import { hashOf } from "./plugins.ts";

/** What became of plugins that were to go. */
export interface RemovedPlugins {
  /** The paths that are gone. */
  readonly removed: readonly string[];
  /** What could not be removed, and why, in words. */
  readonly errors: readonly string[];
}

/**
 * Removes the plugins that were put into a folder by `installPlugins` and that nobody changed since, and the manifest of them. One that cannot be removed keeps no other one, and stays known as ours.
 * Of names that no plugin of ours has nothing is removed, whatever the manifest says.
 */
export async function removePlugins(target: string): Promise<RemovedPlugins> {
  const manifest = await readManifest(target);
  const removed: string[] = [];
  const errors: string[] = [];
  const attempt = async (path: string, remove: () => Promise<void>) => {
    try {
      await remove();
    } catch (error) {
      if (!isFromOutside(error)) throw error;
      errors.push(`${path}: ${error.message}`);
    }
  };
  for (const name of pluginNames) {
    const path = join(target, name);
    await attempt(path, async () => {
      const present = await hashOf(path);
      if (present === undefined || manifest.get(name)?.includes(present) !== true) return;
      await rm(path);
      removed.push(path);
    });
  }
  if (manifest.size > 0 && errors.length === 0) await attempt(manifestPath(target), () => removeWhole(manifestPath(target)));
  return { removed, errors };
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { removeWhole } from "../lib/linux/whole-file.ts";
import { manifestPath, readManifest } from "./plugin-manifest.ts";
import { hashOf } from "./plugins.ts";

/** Removes the plugins that were put into a folder by `installPlugins` and that nobody changed since, and the manifest of them; gives the paths that are gone. */
export async function removePlugins(target: string): Promise<string[]> {
  const manifest = await readManifest(target);
  const removed: string[] = [];
  for (const [name, hashes] of manifest) {
    const path = join(target, name);
    const present = await hashOf(path);
    if (present === undefined || !hashes.includes(present)) continue;
    await rm(path);
    removed.push(path);
  }
  if (manifest.size > 0) await removeWhole(manifestPath(target));
  return removed;
}

import { copyFile, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { namesIn } from "./folder.ts";

const unfinished = ".podnet-new";

/** Whether a file of this name is one that is being written, or was when a process crashed. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(".") && name.endsWith(unfinished);
}

/** Paths of what crashes left in a folder of files that were being written; none where there is no such folder. */
export async function unfinishedFiles(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  return names.filter(isUnfinished).map((name) => join(folder, name));
}

/** Where the content of a file comes from. */
export type Content = { readonly from: "text"; readonly text: string } | { readonly from: "file"; readonly path: string };

/**
 * Puts a file in place as a whole: at every instant, also after a crash or a power cut, the path holds either the old content or the new one in full.
 * A symbolic link at the path is replaced, not followed.
 * @throws when the folder cannot be written; what was there stays.
 */
export async function writeWhole(path: string, content: Content, mode: number): Promise<void> {
  const folder = dirname(path);
  // No runtime reads a name that begins with a dot and has none of the endings of a configuration.
  const temporary = join(folder, `.${basename(path)}${unfinished}`);
  try {
    await rm(temporary, { force: true });
    if (content.from === "file") await copyFile(content.path, temporary);
    else await writeFile(temporary, content.text, { flag: "wx", mode });
    const handle = await open(temporary, "r+");
    try {
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (content.from === "text" && (await readFile(temporary, "utf8")) !== content.text)
      throw new Error(`${temporary} does not read as it was written`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes a file, if it is there, for good: it does not come back after a power cut. */
export async function removeWhole(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

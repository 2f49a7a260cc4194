import { copyFile, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where the content of a file comes from. */
export type Content = { readonly from: "text"; readonly text: string } | { readonly from: "file"; readonly path: string };

/**
 * Puts a file in place as a whole: at every instant, also after a power cut, the path holds either the old content or the new one in full.
 * @throws when the folder cannot be written; what was there stays.
 */
export async function writeWhole(path: string, content: Content, mode: number): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.podnet-new`);
  try {
    await rm(temporary, { force: true });
    if (content.from === "file") await copyFile(content.path, temporary);
    else await writeFile(temporary, content.text, { flag: "wx" });
    const handle = await open(temporary, "r+");
    try {
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

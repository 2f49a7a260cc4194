import { mkdtempSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { Problem } from "./problem.ts";

/** Makes the cache folder where it is missing. Throws a Problem where it cannot be made or nothing can be written into it. */
export function requireCacheFolder(root: string): void {
  try {
    makeFolder(root);
  } catch (error) {
    throw new Problem(`The cache folder ${root} cannot be made (${messageOf(error)}): ${REMEDY}`);
  }
  try {
    // Neither permissions nor mount options tell of /proc that no file can be made there.
    rmdirSync(mkdtempSync(join(root, ".writable-")));
  } catch (error) {
    throw new Problem(`Nothing can be written into the cache folder ${root} (${messageOf(error)}): ${REMEDY}`);
  }
}

const REMEDY = "set PODNET_CACHE to a folder that can be written.";

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

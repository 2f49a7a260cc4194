import { readdir } from "node:fs/promises";
import { hasCode } from "./system-error.ts";

/**
 * The names in a folder, in no order; none where nothing stands at its path.
 * @throws when it cannot be read, or something else stands there, of which it is not known what it hides.
 */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

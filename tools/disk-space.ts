import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Problem } from "./problem.ts";

/** Space that something needs in a folder (which may not exist yet). */
export interface SpaceNeed {
  readonly folder: string;
  readonly megabytes: number;
}

/** The file system a folder is, or will be, on. */
export interface FreeSpace {
  /** Equal for folders that share their free space. */
  readonly fileSystem: string;
  readonly freeMegabytes: number;
}

/**
 * The sentence for a person where space is too small, e.g. `"… need 6000 MB free and 120 MB are …"`; undefined where it is enough.
 * Needs on one file system add up.
 */
export function shortage(
  purpose: string,
  needs: readonly SpaceNeed[],
  freeOf: (folder: string) => FreeSpace,
): string | undefined {
  const groups = Map.groupBy(needs, (need) => freeOf(need.folder).fileSystem);
  for (const group of groups.values()) {
    const needed = group.reduce((sum, need) => sum + need.megabytes, 0);
    const free = Math.min(...group.map((need) => freeOf(need.folder).freeMegabytes));
    if (free >= needed) continue;
    const folders = [...new Set(group.map((need) => need.folder))].join(", ");
    return (
      `${purpose} needs ${needed} MB of free space for ${folders}, and there are ${Math.floor(free)} MB: ` +
      "free some space, or set PODNET_CACHE (and GOCACHE, GOMODCACHE) to folders on a larger disk."
    );
  }
  return undefined;
}

/** Throws a Problem when one of the folders' file systems has less free space than needed. */
export async function requireSpace(purpose: string, needs: readonly SpaceNeed[]): Promise<void> {
  const free = new Map<string, FreeSpace>();
  for (const { folder } of needs) free.set(folder, await freeSpace(folder));
  const sentence = shortage(purpose, needs, (folder) => free.get(folder) ?? { fileSystem: folder, freeMegabytes: 0 });
  if (sentence !== undefined) throw new Problem(sentence);
}

/** Looks at the nearest folder that exists. */
async function freeSpace(folder: string): Promise<FreeSpace> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return { fileSystem: String((await stat(folder)).dev), freeMegabytes: (bavail * bsize) / 1_000_000 };
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeSpace(dirname(folder));
  }
}

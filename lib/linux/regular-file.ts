import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { hasCode, isAbsent } from "./system-error.ts";

/** A regular file as it stands on the disk. */
export interface RegularFile {
  /** Undefined: longer than was to be read. */
  readonly content: string | undefined;
  readonly inode: bigint;
  /** Nanoseconds since 1970; never later than its content was written. */
  readonly writtenNs: bigint;
}

export interface RegularFileOptions {
  /** In bytes; default: whatever there is. */
  readonly longest?: number;
  /** Whether a symbolic link stands for what it leads to; default: it is none. */
  readonly follow?: boolean;
}

/**
 * What a regular file holds; undefined where there is none at that path, or anything else: a folder, or a pipe, which a reader would wait for without an end.
 * @throws when it is there and cannot be read.
 */
export async function readRegularFile(
  path: string,
  { longest = Number.POSITIVE_INFINITY, follow = false }: RegularFileOptions = {},
): Promise<RegularFile | undefined> {
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
    const handle = await open(path, flags);
    try {
      // Before the content: of a file that is just written anew, the content is never older than it is said to be.
      const stat = await handle.stat({ bigint: true });
      if (!stat.isFile()) return undefined;
      const content = stat.size > longest ? undefined : await handle.readFile("utf8");
      return { content, inode: stat.ino, writtenNs: stat.mtimeNs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    // ELOOP: a link, ENXIO: a socket.
    if (isAbsent(error) || hasCode(error, "ENXIO") || (!follow && hasCode(error, "ELOOP"))) return undefined;
    throw error;
  }
}

import { join } from "node:path";
import { namesIn } from "../lib/linux/folder.ts";
import { readRegularFile } from "../lib/linux/regular-file.ts";

/** A file that a runtime would read as a CNI configuration. */
export interface ConfFile {
  /** e.g. `"10-podnet.conflist"` */
  readonly name: string;
  /** Undefined where it cannot be read. */
  readonly text: string | undefined;
}

/** The endings by which runtimes know a configuration (libcni). */
const endings = [".conf", ".conflist", ".json"];

/**
 * The CNI configurations in a folder, in the order a runtime takes them: by name, byte by byte. None where the folder does not exist.
 * @throws when the folder is there and cannot be read.
 */
export async function readConfFolder(folder: string): Promise<ConfFile[]> {
  const entries = await namesIn(folder);
  const names = entries
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Promise.all(names.map(async (name) => ({ name, text: await textAt(join(folder, name)) })));
}

/** Runtimes follow links, too. */
async function textAt(path: string): Promise<string | undefined> {
  const found = await readRegularFile(path, { follow: true }).catch(() => undefined);
  return found?.content;
}

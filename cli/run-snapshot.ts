import { writeFile } from "node:fs/promises";
import { renderSnapshotFile } from "./plan/snapshot-file.ts";
import { type ClusterOptions, readState } from "./read-state.ts";
import { writeText } from "./terminal.ts";

/** As the command line gives them. */
export interface SnapshotOptions extends ClusterOptions {
  readonly output?: string;
}

/**
 * Reads a cluster and writes it down; gives the exit code.
 * @throws where it cannot be read.
 */
export async function runSnapshot(options: SnapshotOptions): Promise<number> {
  const text = renderSnapshotFile(await readState(options));
  await (options.output === undefined ? writeText(text) : writeFile(options.output, text));
  return 0;
}

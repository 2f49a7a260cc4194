import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../tools/problem.ts";
import { readLabRecord } from "./lab-record.ts";
import { unmountBelow } from "./mounts.ts";

/** A file with the name of the lab that its folder is of: whoever finds it knows that the folder may be emptied. */
const MARK = ".podnet-lab";

function entriesOf(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/**
 * Empties the folder that is to hold a lab of what an earlier one has left in it. Throws a Problem, and changes nothing, where it
 * holds anything else.
 */
export async function clearLabFolder(directory: string, name: string): Promise<void> {
  const entries = entriesOf(directory);
  if (entries.length === 0) return;
  if (!entries.includes(MARK)) {
    throw new Problem(
      `The folder ${directory} is to hold the lab ${name}, and it holds something else: empty it or choose another.`,
    );
  }
  const earlier = readFileSync(join(directory, MARK), "utf8").trim();
  if (earlier !== name && readLabRecord(earlier)?.directory === directory) {
    throw new Problem(`The folder ${directory} holds the lab ${earlier}: take that one down or choose another folder.`);
  }
  await unmountBelow(directory);
  rmSync(directory, { recursive: true, force: true });
}

/** Makes the folder, and marks it as this lab's. */
export function createLabFolder(directory: string, name: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, MARK), `${name}\n`);
}

/**
 * Removes a lab's folder, or all of it but its logs where they are to be kept and there are any. Nothing may be mounted below it.
 * A folder without the mark of a lab stays, unless it is empty.
 */
export function removeLabFolder(directory: string, keepLogs: boolean): void {
  const entries = entriesOf(directory);
  if (entries.length > 0 && !entries.includes(MARK)) return;
  if (!keepLogs || entriesOf(join(directory, "logs")).length === 0) {
    rmSync(directory, { recursive: true, force: true });
    return;
  }
  for (const entry of entries) {
    if (entry !== MARK && entry !== "logs") rmSync(join(directory, entry), { recursive: true, force: true });
  }
}

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/** How long things took the last time, so that a person can be told how long they will take. */
export interface Durations {
  /** Seconds, or undefined when it was never measured. */
  expected(what: string): number | undefined;
  record(what: string, seconds: number): void;
}

/** Durations in a JSON file (what → seconds). A missing, broken or unwritable file is no error: it only knows nothing. */
export function fileDurations(file: string): Durations {
  return {
    expected: (what) => read(file)[what],
    record: (what, seconds) => {
      const temporary = `${file}.${process.pid}`;
      try {
        makeFolder(dirname(file));
        writeFileSync(temporary, `${JSON.stringify({ ...read(file), [what]: Math.round(seconds) }, null, 2)}\n`);
        renameSync(temporary, file);
      } catch {
        // What cannot be remembered is measured again.
      }
    },
  };
}

function read(file: string): Record<string, number> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, number] => typeof pair[1] === "number"));
  } catch {
    return {};
  }
}

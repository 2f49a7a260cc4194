import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-table.ts";

/** What is known of a started process after its starter is gone. */
export interface ProcessRecord extends ProcessIdentity {
  readonly host: string;
  readonly name: string;
  readonly logFile: string;
}

const directoryIn = (registryDirectory: string): string => join(registryDirectory, "processes");

function readRecord(file: string): ProcessRecord | undefined {
  try {
    const record: ProcessRecord = JSON.parse(readFileSync(file, "utf8"));
    return record;
  } catch {
    return undefined;
  }
}

/** Remembers a process under its host and name; a later one of the same name takes its place. */
export function recordProcess(registryDirectory: string, record: ProcessRecord): void {
  mkdirSync(directoryIn(registryDirectory), { recursive: true });
  writeFileSync(join(directoryIn(registryDirectory), `${record.host}-${record.name}.json`), `${JSON.stringify(record)}\n`);
}

/** Drops the record of a process that ended, unless a later one has taken its place. */
export function forgetProcess(registryDirectory: string, host: string, name: string, pid: number): void {
  const file = join(directoryIn(registryDirectory), `${host}-${name}.json`);
  if (readRecord(file)?.pid === pid) rmSync(file, { force: true });
}

/** All recorded processes, by host and name; some may have ended since. */
export function recordedProcesses(registryDirectory: string): ProcessRecord[] {
  try {
    const files = readdirSync(directoryIn(registryDirectory)).toSorted();
    return files.flatMap((file) => readRecord(join(directoryIn(registryDirectory), file)) ?? []);
  } catch {
    return [];
  }
}

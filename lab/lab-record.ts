import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Level } from "./instance.ts";
import type { ProcessIdentity } from "./process-table.ts";

/** Holds one folder per lab of this machine, whichever checkout it was started from. */
export const REGISTRY = "/run/podnet-lab";

/** What is known of a lab by every process of the machine: enough to use it, and to remove it after its starter was killed. */
export interface LabRecord {
  readonly name: string;
  readonly level: Level;
  /** Host names. */
  readonly hosts: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly directory: string;
  /** Where it was started from. */
  readonly startedIn: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The process that has to be there for the lab to stay, unless it is kept. */
  readonly owner: ProcessIdentity;
  /** Whether the lab stays when its owner ends. */
  readonly kept: boolean;
  /** For use outside the lab; absent while there is no API server. */
  readonly kubeconfig?: string;
  /** kubectl's path; absent while there is no API server. */
  readonly kubectl?: string;
}

/** e.g. `"/run/podnet-lab/demo"`. */
export function registryDirectory(name: string): string {
  return join(REGISTRY, name);
}

/** Undefined where no lab of this name is known. */
export function readLabRecord(name: string): LabRecord | undefined {
  try {
    const record: LabRecord = JSON.parse(readFileSync(join(registryDirectory(name), "lab.json"), "utf8"));
    return record;
  } catch {
    return undefined;
  }
}

export function writeLabRecord(record: LabRecord): void {
  const file = join(registryDirectory(record.name), "lab.json");
  mkdirSync(registryDirectory(record.name), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Removes all that the registry holds of a lab, and the registry itself with the last one. */
export function removeLabRecord(name: string): void {
  rmSync(registryDirectory(name), { recursive: true, force: true });
  try {
    rmdirSync(REGISTRY);
  } catch {
    // Other labs are in it, or it is gone already.
  }
}

/** Every lab of this machine, by name, up or left over. */
export function listLabRecords(): LabRecord[] {
  try {
    return readdirSync(REGISTRY)
      .toSorted()
      .flatMap((name) => readLabRecord(name) ?? []);
  } catch {
    return [];
  }
}

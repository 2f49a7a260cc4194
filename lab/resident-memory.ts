import { readFileSync } from "node:fs";
import { familyOf } from "./process-table.ts";

/** VmRSS of one process, in KiB; 0 once it has ended. */
function residentKibibytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * The memory (VmRSS) that a process of the lab has, in MiB; undefined once it has ended. Of a process and its descendants it is the
 * largest: what enters a node's namespaces before it, and the commands it runs, are small.
 */
export function residentMebibytes(pid: number): number | undefined {
  const largest = Math.max(...[...familyOf(pid)].map(residentKibibytes));
  return largest === 0 ? undefined : largest / 1024;
}

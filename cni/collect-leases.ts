import { rm } from "node:fs/promises";
import { join } from "node:path";
import { withFileLock } from "../lib/linux/file-lock.ts";
import { type LeaseFile, leaseFolder, readLeaseFile } from "./lease-files.ts";

/** So long the lock is waited for: whoever makes or deletes a pod holds it for milliseconds. */
export const waitSeconds = 2;

/**
 * Takes back addresses: removes lease files under host-local's own lock, so that none is being written meanwhile, and each only where it is still the very file that was
 * seen. Gives those removed; undefined: somebody else held the lock all the time, and none was.
 * @throws when the folder cannot be written, or the lock not be had at all.
 */
export async function collectLeases(stateFolder: string, leases: readonly LeaseFile[]): Promise<LeaseFile[] | undefined> {
  const folder = leaseFolder(stateFolder);
  return withFileLock(join(folder, "lock"), waitSeconds, async () => {
    const removed: LeaseFile[] = [];
    for (const lease of leases) {
      const now = await readLeaseFile(folder, lease.name);
      if (now?.version !== lease.version || now.content !== lease.content) continue;
      await rm(join(folder, lease.name));
      removed.push(lease);
    }
    return removed;
  });
}

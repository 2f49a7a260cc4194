import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../tools/problem.ts";
import { errorCode } from "./error-text.ts";
import { unlinkKubeconfig } from "./kubeconfig-link.ts";
import { removeLabFolder } from "./lab-folder.ts";
import { registryDirectory, removeLabRecord } from "./lab-record.ts";
import type { LabRecord } from "./lab-record.ts";
import { unmountBelow } from "./mounts.ts";
import { cgroupTrees, removeCgroup } from "./node/cgroup.ts";
import { networkNamespaceOf, processesOf } from "./process-table.ts";
import { runCommand } from "./run-command.ts";
import { waitUntil } from "./wait-until.ts";

export interface TearDownOptions {
  /** Leaves the logs folder where it is. */
  readonly keepLogs?: boolean;
}

const END_DEADLINE_MS = 20_000;

function namespaceFile(namespace: string): string {
  return join("/run/netns", namespace);
}

// As long as it is mounted over, the file's inode number is the namespace's; before and after that it is an ordinary file.
function liveNamespaces(namespaces: readonly string[]): ReadonlySet<string> {
  const namespaceDevice = statSync("/proc/self/ns/net").dev;
  const live = namespaces.flatMap((namespace) => {
    const file = statSync(namespaceFile(namespace), { throwIfNoEntry: false });
    return file?.dev === namespaceDevice ? [`net:[${file.ino}]`] : [];
  });
  return new Set(live);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

async function endProcesses(record: LabRecord): Promise<void> {
  const namespaces = liveNamespaces(record.networkNamespaces);
  if (namespaces.has(networkNamespaceOf("self") ?? "")) {
    throw new Problem(`This shell is inside the lab ${record.name}: leave it and run the command again.`);
  }
  const cgroup = `podnet-${record.name}`;
  // Nodes first: whoever entered one is the parent of a process in it, and its end has to be taken note of by that parent.
  await endAll(record, () => processesOf(new Set(), cgroup));
  await endAll(record, () => processesOf(namespaces, cgroup));
}

async function endAll(record: LabRecord, remaining: () => readonly { readonly pid: number }[]): Promise<void> {
  await waitUntil(`the last process of the lab ${record.name} to end`, END_DEADLINE_MS, () => {
    const left = remaining();
    for (const { pid } of left) kill(pid);
    return left.length === 0 || undefined;
  });
}

async function removeNamespaces(record: LabRecord): Promise<void> {
  for (const namespace of record.networkNamespaces) {
    if (!existsSync(namespaceFile(namespace))) continue;
    await runCommand(["ip", "netns", "del", namespace]);
    // A start killed half way leaves the bare file, which `ip` leaves alone on some versions.
    rmSync(namespaceFile(namespace), { force: true });
  }
}

/**
 * Ends a lab and removes everything of it, knowing nothing but its record: the same for a lab that is held, kept or left over.
 * Other processes, namespaces and files are never touched. The caller has the lock on its name.
 */
export async function tearDown(record: LabRecord, { keepLogs = false }: TearDownOptions = {}): Promise<void> {
  await endProcesses(record);
  await unmountBelow(record.directory);
  await unmountBelow(registryDirectory(record.name));
  await removeNamespaces(record);
  const trees = cgroupTrees();
  await waitUntil(`the control group podnet-${record.name} to empty`, END_DEADLINE_MS, () => {
    return removeCgroup(trees, [`podnet-${record.name}`]) || undefined;
  });
  removeLabFolder(record.directory, keepLogs);
  unlinkKubeconfig(record.directory);
  removeLabRecord(record.name);
}

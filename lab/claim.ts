import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "../tools/problem.ts";
import type { Progress } from "../tools/progress.ts";
import { messageOf } from "./error-text.ts";
import type { Instance } from "./instance.ts";
import { clearLabFolder, createLabFolder } from "./lab-folder.ts";
import { REGISTRY, readLabRecord, registryDirectory, removeLabRecord, writeLabRecord } from "./lab-record.ts";
import type { LabRecord } from "./lab-record.ts";
import { lockName } from "./name-lock.ts";
import type { NameLock } from "./name-lock.ts";
import { networkNamespaces } from "./network.ts";
import { identify, isAlive } from "./process-table.ts";
import { tearDown } from "./tear-down.ts";

/** A name that is ours, with nothing of an earlier lab of that name left. */
export interface Claim {
  readonly record: LabRecord;
  readonly lock: NameLock;
}

function inUse(name: string): Problem {
  const owner = readLabRecord(name)?.owner.pid;
  const who = owner === undefined ? "another process" : `process ${owner}`;
  return new Problem(`The lab ${name} is being started, used or removed by ${who}: wait for it to end, or choose another name.`);
}

/** Longer than removing a lab takes. */
const REMOVAL_MS = 60_000;

/**
 * Takes the lock on a lab's name, once nobody is removing an earlier lab of it, as every start on the machine may do. Throws
 * a Problem where another process holds the lab or starts it.
 */
export async function lockOrThrow(name: string): Promise<NameLock> {
  for (const deadline = Date.now() + REMOVAL_MS; ; await delay(100)) {
    const lock = await lockName(name);
    if (lock !== undefined) return lock;
    const record = readLabRecord(name);
    if ((record !== undefined && !record.kept && isAlive(record.owner)) || Date.now() > deadline) throw inUse(name);
  }
}

/** Whether a kept lab is still there: its namespaces go with a reboot or by hand. */
export function isUp(record: LabRecord): boolean {
  return record.networkNamespaces.some((namespace) => existsSync(join("/run/netns", namespace)));
}

function recordFor(instance: Instance, directory: string): LabRecord {
  return {
    name: instance.name,
    level: instance.level,
    hosts: instance.hosts.map((host) => host.name),
    networkNamespaces: networkNamespaces(instance),
    directory,
    startedIn: process.cwd(),
    startedAt: new Date().toISOString(),
    owner: identify(process.pid) ?? { pid: process.pid, startTime: "" },
    kept: false,
  };
}

/**
 * Takes a lab's name for this process, removing what a killed lab of that name has left, and makes it known to the machine.
 * Throws a Problem where a lab of that name is up or being worked on.
 */
export async function claimName(instance: Instance, directory: string): Promise<Claim> {
  const lock = await lockOrThrow(instance.name);
  try {
    const earlier = readLabRecord(instance.name);
    if (earlier?.kept === true && isUp(earlier)) {
      throw new Problem(
        `The lab ${instance.name} is already up, started in ${earlier.startedIn} at ${earlier.startedAt}: ` +
          `use it, end it by "npm run lab -- down --name ${instance.name}", or choose another name.`,
      );
    }
    if (earlier !== undefined) await tearDown(earlier);
    await clearLabFolder(directory, instance.name);
    const record = recordFor(instance, directory);
    writeLabRecord(record);
    createLabFolder(directory, instance.name);
    return { record, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whether nobody holds it and nobody wants it kept. No record at all is what is left of a removal that was cut off. */
function isAbandoned(record: LabRecord | undefined): boolean {
  return record === undefined || (!record.kept && !isAlive(record.owner));
}

async function removeIfAbandoned(name: string): Promise<void> {
  // Looked at before locking: whoever uses the lab meanwhile must not meet this lock.
  const lock = isAbandoned(readLabRecord(name)) ? await lockName(name) : undefined;
  if (lock === undefined) return;
  try {
    const record = readLabRecord(name);
    if (!isAbandoned(record)) return;
    if (record === undefined) removeLabRecord(name);
    else await tearDown(record);
  } finally {
    await lock.release();
  }
}

/** Removes what killed labs of any name have left on this machine; labs that are held or kept stay. */
export async function removeAbandonedLabs(progress: Progress): Promise<void> {
  const names = existsSync(REGISTRY) ? readdirSync(REGISTRY) : [];
  for (const name of names) {
    try {
      await removeIfAbandoned(name);
    } catch (error) {
      progress.say(`What a killed lab left in ${registryDirectory(name)} could not be removed: ${messageOf(error)}`);
    }
  }
}

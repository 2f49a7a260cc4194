import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 250;

/**
 * Runs `work` while holding the lock file; other processes wait for it. `onWait` is called once, with the holder's
 * process id, before waiting. A lock whose process is gone is taken over. (Two processes taking over the same stale lock
 * at the same moment can both get in: use it where that only costs time.)
 */
export async function withLock<Result>(
  file: string,
  onWait: (holder: number) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  let told = false;
  while (!tryLock(file)) {
    const holder = readHolder(file);
    if (holder === undefined || !isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) onWait(holder.pid);
    told = true;
    await pause(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

interface Holder {
  readonly pid: number;
  /** Start time in clock ticks since boot: tells a process from a later one with the same id. */
  readonly startTime: string;
}

/** Takes the lock with its content in one step, so that nobody ever reads a half-written one. */
function tryLock(file: string): boolean {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startTimeOf(process.pid)}\n`);
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid = "", startTime = ""] = readFileSync(file, "utf8").trim().split(" ");
    return { pid: Number(pid), startTime };
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  return holder.startTime !== "" && startTimeOf(holder.pid) === holder.startTime;
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets. Empty when there is no such process. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

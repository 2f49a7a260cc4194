import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The number of a pid, with which a later process of the same pid is told apart. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot. */
  readonly startTime: string;
}

interface Stat {
  readonly parent: number;
  readonly startTime: string;
  readonly state: string;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), startTime: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** Who a running process is; undefined once it has ended, also while its parent has not yet asked for its exit code. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.state === "Z" ? undefined : { pid, startTime: stat.startTime };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

function allPids(): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** e.g. `"net:[4026532207]"`; undefined once the process has ended. */
export function networkNamespaceOf(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function withDescendants(roots: ReadonlySet<number>, parents: ReadonlyMap<number, number>): Set<number> {
  const found = new Set(roots);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return found;
}

// Every line of it is `number:controllers:path`.
function isInCgroup(pid: number, cgroup: string): boolean {
  try {
    const paths = readFileSync(`/proc/${pid}/cgroup`, "utf8")
      .split("\n")
      .map((line) => line.split(":").slice(2).join(":"));
    return paths.some((path) => path === `/${cgroup}` || path.startsWith(`/${cgroup}/`));
  } catch {
    return false;
  }
}

/**
 * Every process in one of these network namespaces (e.g. `"net:[4026532207]"`) or below this control group, and all their
 * descendants: containers have namespaces of their own, but their shims do not. Never the caller or one of its ancestors.
 */
export function processesOf(networkNamespaces: ReadonlySet<string>, cgroup: string): ProcessIdentity[] {
  const parents = new Map<number, number>();
  const members = new Set<number>();
  for (const pid of allPids()) {
    parents.set(pid, readStat(pid)?.parent ?? 0);
    if (networkNamespaces.has(networkNamespaceOf(pid) ?? "") || isInCgroup(pid, cgroup)) members.add(pid);
  }
  const found = withDescendants(members, parents);
  for (let pid = process.pid; pid > 0; pid = parents.get(pid) ?? 0) found.delete(pid);
  return [...found].flatMap((pid) => identify(pid) ?? []);
}

/** A process and all its descendants. */
export function familyOf(pid: number): ReadonlySet<number> {
  const parents = new Map(allPids().map((one) => [one, readStat(one)?.parent ?? 0]));
  return withDescendants(new Set([pid]), parents);
}

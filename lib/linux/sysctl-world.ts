import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Step, StepError, World } from "../reconcile/kind.ts";
import { parseSysctl, type SysctlItem, sysctlKind } from "./kinds/sysctl.ts";
import { hasCode, isAbsent, messageOf } from "./system-error.ts";

/**
 * The kernel settings at `paths`, below the folder `procSys`, e.g. `"/proc/sys"`; the network ones are those of this process's namespace.
 * They are written one after the other, in the order of the steps: what one setting does may depend on another.
 */
export function sysctlWorld(procSys: string, paths: readonly string[]): World<SysctlItem> {
  const observe = async (): Promise<SysctlItem[]> => {
    const found = await Promise.all(paths.map((path) => readSysctl(procSys, path)));
    return found.filter((sysctl) => sysctl !== undefined);
  };
  const apply = async (steps: readonly Step<SysctlItem>[]): Promise<StepError[]> => {
    const errors: StepError[] = [];
    for (const step of steps) {
      const error = await writeSysctl(procSys, step);
      if (error !== undefined) errors.push(error);
    }
    return errors;
  };
  return { observe, apply };
}

/** Those of the settings that there are, at once. For somebody who looks often: so small files cost ten times as much when they are waited for. */
export function settingsNow(procSys: string, paths: readonly string[]): SysctlItem[] {
  return paths.flatMap((path) => {
    try {
      return [{ path, value: parseSysctl(readFileSync(join(procSys, path), "utf8")) }];
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  });
}

async function readSysctl(procSys: string, path: string): Promise<SysctlItem | undefined> {
  try {
    return { path, value: parseSysctl(await readFile(join(procSys, path), "utf8")) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function writeSysctl(procSys: string, { op, key, want }: Step<SysctlItem>): Promise<StepError | undefined> {
  if (want === undefined) return undefined;
  const file = join(procSys, want.path);
  try {
    // Never creates: a setting that the kernel does not have must not become a file where the folder is not /proc/sys.
    await writeFile(file, want.value, { flag: "r+" });
    return undefined;
  } catch (error) {
    return {
      op,
      kind: sysctlKind.name,
      key,
      message: `${file} could not be set to ${want.value}: ${messageOf(error)}; ${remedyFor(error, want)}`,
    };
  }
}

function remedyFor(error: unknown, { path }: SysctlItem): string {
  if (hasCode(error, "EACCES", "EPERM", "EROFS"))
    return "give podnet write access to it: /proc/sys/net of the node, mounted writable";
  if (!isAbsent(error)) return "check the value against the kernel's documentation of this setting";
  if (path.startsWith("net/bridge/")) return 'load the kernel module with "modprobe br_netfilter"';
  return "the kernel of this node does not have this setting, or not yet";
}

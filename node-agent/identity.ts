import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Identity } from "./plan/journal.ts";

/** Below `/proc/sys`; another one after each boot. */
const bootIdFile = "kernel/random/boot_id";

/** Who this machine is; `hostRoot` is where its root folder is mounted, `procSys` where its kernel settings are. What cannot be read is left out. */
export async function readIdentity(hostRoot: string, procSys: string): Promise<Identity> {
  const read = async (path: string): Promise<string | undefined> => {
    const text = await readFile(path, "utf8").catch(() => "");
    return /^[0-9a-zA-Z-]{1,64}$/.test(text.trim()) ? text.trim() : undefined;
  };
  const [machineID, bootID] = await Promise.all([read(join(hostRoot, "etc/machine-id")), read(join(procSys, bootIdFile))]);
  return { machineID, bootID };
}

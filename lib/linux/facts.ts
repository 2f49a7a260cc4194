import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { families, type Family } from "../net/address.ts";
import { isAbsent } from "./system-error.ts";

/** Whether bridged packets can pass through netfilter at all (br_netfilter is loaded); `procSys` is e.g. `"/proc/sys"`. */
export async function hasBridgeNetfilter(procSys: string): Promise<boolean> {
  try {
    await access(join(procSys, "net/bridge"));
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** How many neighbors the kernel keeps, of a family on the whole machine; a family is left out where that cannot be seen, as in any other than the first network namespace. */
export async function observeNeighborLimits(procSys: string): Promise<Map<Family, number>> {
  const limits = await Promise.all(
    families.map(async (family): Promise<[Family, number]> => {
      const text = await readFile(join(procSys, `net/ipv${family}/neigh/default/gc_thresh3`), "utf8").catch(() => "");
      return [family, Number.parseInt(text, 10)];
    }),
  );
  return new Map(limits.filter(([, limit]) => limit >= 0));
}

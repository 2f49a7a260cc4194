import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Family } from "../net/address.ts";
import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";
import { isAbsent } from "./system-error.ts";

/** A program that podnet needs: its version, or why it cannot be used and what to do. */
export type Tool = { readonly name: string; readonly version: string } | { readonly name: string; readonly problem: string };

const tools = [
  { name: "ip", argv: ["ip", "-V"], version: /iproute2-([^\s,]+)/ },
  { name: "nft", argv: ["nft", "--version"], version: /nftables v(\S+)/ },
] as const;

/** The programs that the kernel kinds run, in a fixed order, e.g. `[{name: "ip", version: "6.1.0"}, …]`. */
export function observeTools(exec: Exec): Promise<Tool[]> {
  return Promise.all(
    tools.map(async ({ name, argv, version }): Promise<Tool> => {
      try {
        const output = await exec.run(argv);
        if (output.status !== 0) return { name, problem: CommandError.failed(output).message };
        return { name, version: version.exec(output.stdout)?.[1] ?? "unknown" };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        return { name, problem: error.message };
      }
    }),
  );
}

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
    ([4, 6] as const).map(async (family): Promise<[Family, number]> => {
      const text = await readFile(join(procSys, `net/ipv${family}/neigh/default/gc_thresh3`), "utf8").catch(() => "");
      return [family, Number.parseInt(text, 10)];
    }),
  );
  return new Map(limits.filter(([, limit]) => limit >= 0));
}

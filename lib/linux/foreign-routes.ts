import type { Exec } from "./exec.ts";
import { mark } from "./kinds/mark.ts";
import { parseRows } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/** A route of the main table that is not podnet's. */
export interface ForeignRoute {
  /** As `ip` writes it: `"10.50.0.0/16"`, `"192.168.1.1"` for one host, `"default"`. */
  readonly destination: string;
  /** Where it leads to one: `"eth0"`. */
  readonly device: string | undefined;
  /** The number of who made it, as text; undefined where nobody said so. */
  readonly protocol: string | undefined;
}

/**
 * All routes of the main table without our mark, of both families.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeForeignRoutes(exec: Exec): Promise<ForeignRoute[]> {
  const outputs = await Promise.all(
    // Numbers, since a machine may have given our protocol a name.
    ["-4", "-6"].map((family) => stdoutOf(exec, ["ip", "-N", "-j", family, "route", "show", "table", "main"])),
  );
  return outputs.flatMap((output) =>
    parseRows("ip route show", output)
      .filter((row) => !row.has("protocol") || row.text("protocol") !== String(mark.routeProtocol))
      .map((row) => ({
        destination: row.text("dst"),
        device: row.has("dev") ? row.text("dev") : undefined,
        protocol: row.has("protocol") ? row.text("protocol") : undefined,
      })),
  );
}

import type { Exec } from "./exec.ts";
import { batchLine } from "./kinds/batch-line.ts";
import { parseRows } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/** The number in the `proto` field of routes that router advertisements brought (RTPROT_RA); a machine need not know its name. */
const raProtocol = 9;

/**
 * Whether a device has routes that the kernel learned there from router advertisements. They end with their lifetime where it does not listen any more.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function hasLearnedRoutes(exec: Exec, device: string): Promise<boolean> {
  const words = batchLine(["route", "show", "table", "all", "proto", raProtocol, "dev", device]).split(" ");
  return parseRows("ip route show", await stdoutOf(exec, ["ip", "-6", "-j", ...words])).length > 0;
}

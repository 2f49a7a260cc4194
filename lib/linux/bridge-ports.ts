import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";
import { batchLine } from "./kinds/batch-line.ts";
import { parseRows } from "./kinds/output.ts";

/** What is plugged into a bridge. */
export interface BridgePort {
  /** As whoever made it likes it, e.g. `"veth12ab34cd"`; not checked for what may stand in a command. */
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
}

/**
 * The ports of a bridge; none where there is no such bridge.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeBridgePorts(exec: Exec, bridge: string): Promise<BridgePort[]> {
  const output = await exec.run(["ip", "-j", ...batchLine(["link", "show", "master", bridge]).split(" ")]);
  if (output.status !== 0 && /does not exist|Cannot find device/.test(output.stderr)) return [];
  if (output.status !== 0) throw CommandError.failed(output);
  return parseRows("ip link show", output.stdout).map((row) => ({ name: row.text("ifname"), mtu: row.count("mtu") }));
}

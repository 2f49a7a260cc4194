import type { Exec } from "./exec.ts";
import { linkMarks } from "./kinds/link.ts";
import { mark } from "./kinds/mark.ts";
import { parseRows } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/**
 * Gives our mark to a bridge that is ours without it: a CNI plugin makes the bridge by itself where a pod comes before us, e.g. after a reboot.
 * Only a bridge without any alias, and with no addresses but `addresses` (`"10.244.1.1/24"`) and link-local ones, is taken; true when it was.
 * The caller knows that a configuration of ours names the bridge.
 * @throws {CommandError} when `ip` cannot be run or refuses, {UnexpectedOutput} when its output cannot be read.
 */
export async function adoptBridge(exec: Exec, name: string, addresses: readonly string[]): Promise<boolean> {
  const [links, addressed] = await Promise.all([
    stdoutOf(exec, ["ip", "-j", "link", "show", "type", "bridge"]),
    stdoutOf(exec, ["ip", "-j", "address", "show", "type", "bridge"]),
  ]);
  const bridge = parseRows("ip link show", links).find((row) => row.text("ifname") === name);
  if (bridge === undefined || linkMarks(links).get(name) === true || bridge.has("ifalias")) return false;
  const found = parseRows("ip address show", addressed)
    .filter((row) => row.text("ifname") === name)
    .flatMap((row) => row.rows("addr_info"))
    .filter((info) => info.text("scope") !== "link")
    .map((info) => `${info.text("local")}/${info.number("prefixlen")}`);
  if (!found.every((address) => addresses.includes(address))) return false;
  await stdoutOf(exec, ["ip", "link", "set", "dev", name, "alias", mark.linkAlias]);
  return true;
}

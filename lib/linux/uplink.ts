import type { Exec } from "./exec.ts";
import { parseRows } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/** An interface that carries one of the node's own addresses. */
export interface Uplink {
  /** Canonical text, e.g. `"192.168.1.11"`. */
  readonly address: string;
  /** e.g. `"eth0"` */
  readonly device: string;
  /** Of the device, in bytes. */
  readonly mtu: number;
}

/**
 * The interfaces that carry `addresses` (canonical text), in the order of `addresses`; one that is on none is left out.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeUplinks(exec: Exec, addresses: readonly string[]): Promise<Uplink[]> {
  const rows = parseRows("ip address show", await stdoutOf(exec, ["ip", "-j", "address", "show"]));
  return addresses.flatMap((address) => {
    const row = rows.find((one) => one.rows("addr_info").some((info) => info.has("local") && info.text("local") === address));
    // Others' links may have names that we would never write, and are none of our business.
    return row === undefined ? [] : { address, device: row.device("ifname"), mtu: row.number("mtu") };
  });
}

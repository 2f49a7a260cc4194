import type { Exec } from "./exec.ts";
import { type ForwardHook, forwardTables, parseForwardHooks } from "./firewall-rules.ts";
import { mark } from "./kinds/mark.ts";
import { stdoutOf } from "./stdout-of.ts";

/**
 * What others do with packets that this node forwards, as far as nftables has it; rules of the older iptables (`iptables-legacy`) are not seen.
 * A table that goes meanwhile is left out.
 * @throws {CommandError} when `nft` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeForwardHooks(exec: Exec): Promise<ForwardHook[]> {
  const chains = await stdoutOf(exec, ["nft", "-j", "list", "chains"]);
  const tables = await Promise.all(
    forwardTables(chains, mark.tableName)
      .filter(({ table }) => /^[A-Za-z_][\w.-]*$/.test(table))
      .map(({ family, table }) => exec.run(["nft", "-j", "list", "table", family, table])),
  );
  return tables.filter(({ status }) => status === 0).flatMap(({ stdout }) => parseForwardHooks(stdout));
}

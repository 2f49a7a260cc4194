import type { Exec } from "./exec.ts";
import { mark } from "./kinds/mark.ts";
import { parseRows, type Row } from "./kinds/output.ts";
import { hasAddress } from "./kinds/port.ts";
import { stdoutOf } from "./stdout-of.ts";

/** An interface of this node at the other end of which a pod may be. */
export interface PodPort {
  /** e.g. `"veth1a2b3c4d"` */
  readonly name: string;
  /** Never given twice while the machine runs. */
  readonly index: number;
  /** Lower case. */
  readonly mac: string;
}

/** The interfaces of a node that matter for pods. */
export interface NodeLinks {
  /** Names of all bridges, others' too. */
  readonly bridges: ReadonlySet<string>;
  /** Names of all other links. */
  readonly devices: ReadonlySet<string>;
  /** Veths on bridges of ours, and veths that are on none and have no address, as those of a bridge that was removed. */
  readonly ports: readonly PodPort[];
}

/**
 * The links of this node; `bridges` are ours, too, beside those with our mark.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeNodeLinks(exec: Exec, bridges: readonly string[]): Promise<NodeLinks> {
  return linksOf(await stdoutOf(exec, ["ip", "-d", "-j", "address", "show"]), bridges);
}

/** The same, of what `ip -d -j address show` printed. */
export function linksOf(output: string, bridges: readonly string[]): NodeLinks {
  const rows = parseRows("ip address show", output);
  const isMarked = (row: Row) => row.has("ifalias") && row.text("ifalias") === mark.linkAlias;
  const ours = new Set([...bridges, ...rows.filter(isMarked).map((row) => row.text("ifname"))]);
  const isPort = (row: Row) => (row.has("master") ? ours.has(row.text("master")) : !hasAddress(row));
  const names = (some: readonly Row[]) => new Set(some.map((row) => row.text("ifname")));
  return {
    bridges: names(rows.filter((row) => kindOf(row) === "bridge")),
    devices: names(rows.filter((row) => kindOf(row) !== "bridge")),
    ports: rows
      .filter((row) => kindOf(row) === "veth" && isPort(row))
      .map((row) => ({ name: row.text("ifname"), index: row.count("ifindex"), mac: row.text("address").toLowerCase() })),
  };
}

function kindOf(row: Row): string {
  const info = row.has("linkinfo") ? row.row("linkinfo") : undefined;
  return info?.has("info_kind") === true ? info.text("info_kind") : "";
}

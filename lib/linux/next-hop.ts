import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";
import { ipComplaints } from "./batch.ts";
import { batchLine } from "./kinds/batch-line.ts";
import { isDevice, parseRows, type Row } from "./kinds/output.ts";

/** How this node reaches an address, as the kernel's routing has it now. */
export type NextHop =
  | ({ readonly reach: "OnLink" } & NextHopPath)
  /** Behind a router: a direct route over it cannot work. */
  | ({ readonly reach: "ViaGateway"; readonly gateway: string } & NextHopPath)
  /** An address of this node itself. */
  | { readonly reach: "Local" }
  | { readonly reach: "None"; readonly problem: string };

/** The way out of this node. */
export interface NextHopPath {
  /** e.g. `"eth0"`. */
  readonly device: string;
  /** Of the route where it says one, else of the device; in bytes. */
  readonly mtu: number;
  /** The node's address which packets to there carry, e.g. `"192.168.1.11"`. */
  readonly source?: string;
}

/**
 * How this node reaches each of `addresses` (canonical text, either family): address → answer, one for each.
 * One process for all of them.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeNextHops(exec: Exec, addresses: readonly string[]): Promise<Map<string, NextHop>> {
  if (addresses.length === 0) return new Map();
  const [links, routes] = await Promise.all([
    exec.run(["ip", "-j", "link", "show"]),
    exec.run(
      ["ip", "-j", "-force", "-batch", "-"],
      addresses.map((address) => `${batchLine(["route", "get", address])}\n`).join(""),
    ),
  ]);
  if (links.status !== 0) throw CommandError.failed(links);
  const { complaints, rest } = ipComplaints(routes.stderr);
  if (rest !== "") throw CommandError.failed(routes);
  const mtus = new Map(parseRows("ip link show", links.stdout).map((row) => [row.text("ifname"), row.number("mtu")]));
  const rows = new Map(parseRows("ip route get", routes.stdout).map((row) => [row.text("dst"), row]));
  return new Map(
    addresses.map((address, n) => [
      address,
      nextHopOf(rows.get(address), mtus, complaints.get(n + 1) ?? "the kernel gave no answer"),
    ]),
  );
}

function nextHopOf(row: Row | undefined, mtus: ReadonlyMap<string, number>, complaint: string): NextHop {
  if (row === undefined) return { reach: "None", problem: complaint };
  const type = row.has("type") ? row.text("type") : "unicast";
  if (type === "local") return { reach: "Local" };
  if (type !== "unicast") return { reach: "None", problem: `its route is of type ${type}` };
  const device = row.text("dev");
  if (!isDevice(device)) return { reach: "None", problem: unwritable(row.text("dev")) };
  const mtu = mtus.get(device);
  if (mtu === undefined) return { reach: "None", problem: `its device ${device} has just gone` };
  const path = { device, mtu: routeMtu(row) ?? mtu, ...(row.has("prefsrc") ? { source: row.text("prefsrc") } : {}) };
  if (row.has("gateway")) return { reach: "ViaGateway", gateway: row.text("gateway"), ...path };
  if (row.has("via")) return { reach: "ViaGateway", gateway: row.row("via").text("host"), ...path };
  return { reach: "OnLink", ...path };
}

function unwritable(name: string): string {
  return `its device ${JSON.stringify(name)} has a name that cannot stand in a command; give the link another name`;
}

/** What somebody gave the route; not what the kernel has learned for a while, which anybody on the way may tell it. */
function routeMtu(row: Row): number | undefined {
  if (!row.has("metrics") || row.has("expires")) return undefined;
  return row
    .rows("metrics")
    .find((metric) => metric.has("mtu"))
    ?.count("mtu");
}

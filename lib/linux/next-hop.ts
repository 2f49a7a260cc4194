import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";
import { ipComplaints } from "./batch.ts";
import { batchLine } from "./kinds/batch-line.ts";
import { isDevice, parseRows, type Row } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/** How this node reaches an address, as the kernel's routing has it now. */
export type NextHop =
  | ({ readonly reach: "OnLink" } & LinkPath)
  /** Behind a router: a direct route over it cannot work. */
  | ({ readonly reach: "ViaGateway"; readonly gateway: string } & LinkPath)
  /** An address of this node itself. */
  | { readonly reach: "Local" }
  | { readonly reach: "None"; readonly problem: string };

/** The way out of this node. */
export interface LinkPath {
  /** e.g. `"eth0"`. */
  readonly device: string;
  /** Of the device, or of the route where it was given less; in bytes. */
  readonly mtu: number;
  /** The node's address which packets to there carry, e.g. `"192.168.1.11"`. */
  readonly source?: string;
}

/**
 * How this node reaches each of `addresses` (canonical text, either family): address → answer, one for each.
 * One process for all of them, and one more where the kernel has learned a smaller MTU of any.
 * @throws {CommandError} when `ip` cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeNextHops(exec: Exec, addresses: readonly string[]): Promise<Map<string, NextHop>> {
  if (addresses.length === 0) return new Map();
  const [links, routes] = await Promise.all([stdoutOf(exec, ["ip", "-j", "link", "show"]), askedRoutes(exec, addresses)]);
  const { complaints } = routes;
  const mtus = new Map(parseRows("ip link show", links).map((row) => [row.text("ifname"), row.number("mtu")]));
  const rows = new Map(routes.rows.map((row) => [row.text("dst"), row]));
  const given = await givenMtus(exec, rows);
  return new Map(
    addresses.map((address, n) => {
      const row = rows.get(address);
      const complaint = complaints.get(n + 1) ?? "the kernel gave no answer";
      return [address, nextHopOf(row, { mtus, complaint, routeMtu: given.get(address) })];
    }),
  );
}

interface Known {
  /** Of the links, by name. */
  readonly mtus: ReadonlyMap<string, number>;
  /** Where there is no row. */
  readonly complaint: string;
  readonly routeMtu: number | undefined;
}

function nextHopOf(row: Row | undefined, { mtus, complaint, routeMtu }: Known): NextHop {
  if (row === undefined) return { reach: "None", problem: complaint };
  const type = row.has("type") ? row.text("type") : "unicast";
  if (type === "local") return { reach: "Local" };
  if (type !== "unicast") return { reach: "None", problem: `its route is of type ${type}` };
  const device = row.text("dev");
  if (!isDevice(device)) return { reach: "None", problem: unwritable(row.text("dev")) };
  const mtu = mtus.get(device);
  if (mtu === undefined) return { reach: "None", problem: `its device ${device} has just gone` };
  const path = { device, mtu: Math.min(mtu, routeMtu ?? mtu), ...(row.has("prefsrc") ? { source: row.text("prefsrc") } : {}) };
  if (row.has("gateway")) return { reach: "ViaGateway", gateway: row.text("gateway"), ...path };
  if (row.has("via")) return { reach: "ViaGateway", gateway: row.row("via").text("host"), ...path };
  return { reach: "OnLink", ...path };
}

function unwritable(name: string): string {
  return `its device ${JSON.stringify(name)} has a name that cannot stand in a command; give the link another name`;
}

interface AskedRoutes {
  /** One for each address that there is a route to, in their order. */
  readonly rows: readonly Row[];
  /** Number of an address, from 1 on → why there is no route to it. */
  readonly complaints: ReadonlyMap<number, string>;
}

async function askedRoutes(exec: Exec, addresses: readonly string[], ...more: readonly string[]): Promise<AskedRoutes> {
  const lines = addresses.map((address) => `${batchLine(["route", "get", ...more, address])}\n`);
  const output = await exec.run(["ip", "-j", "-force", "-batch", "-"], lines.join(""));
  const { complaints, rest } = ipComplaints(output.stderr);
  if (rest !== "") throw CommandError.failed(output);
  return { rows: parseRows("ip route get", output.stdout), complaints };
}

/**
 * Address → what somebody gave the route to it; not what the kernel has learned for a while, which anybody on the way may tell it. Where it has learned something it shows that alone, and is asked
 * once more for the route itself: one that was given an MTU keeps it.
 */
async function givenMtus(exec: Exec, rows: ReadonlyMap<string, Row>): Promise<Map<string, number | undefined>> {
  const learned = [...rows].filter(([, row]) => row.has("expires")).map(([address]) => address);
  const shown = [...rows].map(([address, row]) => [address, row.has("expires") ? undefined : mtuMetric(row)] as const);
  if (learned.length === 0) return new Map(shown);
  const { rows: routes, complaints } = await askedRoutes(exec, learned, "fibmatch");
  const answered = learned.filter((_, n) => !complaints.has(n + 1));
  const asked = routes.map((row, n) => [answered[n] ?? "", mtuMetric(row)] as const);
  return new Map([...shown, ...asked]);
}

function mtuMetric(row: Row): number | undefined {
  if (!row.has("metrics")) return undefined;
  return row
    .rows("metrics")
    .find((metric) => metric.has("mtu"))
    ?.count("mtu");
}

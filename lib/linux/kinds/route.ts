import { parseLoosePrefix } from "../../net/prefix.ts";
import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { mark } from "./mark.ts";
import { pathKey } from "./nexthop.ts";
import type { NodeKind, Show } from "./node-kind.ts";
import { parseRows, type Row, UnexpectedOutput } from "./output.ts";

/** A route of ours in the main table: it carries protocol number 244. */
export interface RouteItem {
  /** Canonical text, e.g. `"10.244.2.0/24"`, `"fd00:10:244:2::/64"`. */
  readonly prefix: string;
  /** Next hop, e.g. `"192.168.1.12"`; of IPv4 also an IPv6 address (RFC 5549). Absent only from an observed route without one. */
  readonly via?: string;
  /** The device that reaches the next hop, e.g. `"eth0"`; absent only from an observed route without one. */
  readonly device?: string;
  /** The next hop is on the device, whatever the other routes say. */
  readonly onlink?: boolean;
  /** The address that packets of this node itself carry, one of its own, e.g. `"10.244.1.1"`. */
  readonly source?: string;
  /** Only of an observed route: the number of the nexthop object that it takes its way from. */
  readonly nexthop?: number;
  /** Only of an observed route: its metric, where it is not the one `ip` gives by itself. */
  readonly metric?: number;
  /** Only of an observed route: its type of service, e.g. `"0x10"`. */
  readonly tos?: string;
  /** Only of an observed route: what it has that ours never have, e.g. `"type"`, `"metrics, pervasive"`. */
  readonly oddity?: string;
}

/** The families in the order of the outputs, and the metric that `ip` gives a route of each by itself. */
const families = [
  { flag: "-4", defaultMetric: 0, hostBits: 32, everything: "0.0.0.0/0" },
  { flag: "-6", defaultMetric: 1024, hostBits: 128, everything: "::/0" },
] as const;
type Family = (typeof families)[number];

/** Fields and flags which `ip` shows for a route that somebody changed; ours never have them. */
const oddFields = ["type", "metrics", "nexthops", "encap", "expires"] as const;
const oddFlags = ["pervasive"];

/**
 * Routes of protocol 244 in the main table, both families. A route of somebody else for a wanted prefix is left as it is and reported.
 * `numbers`: `pathKey` → the number of the nexthop object by which routes go that way; without one, a route says its way itself. `wanted`: all that shall be.
 */
export function routeKindBy(numbers: ReadonlyMap<string, number>, wanted: readonly RouteItem[]): NodeKind<RouteItem> {
  return {
    name: "route",
    key: keyOf,
    differs: (want, have) => {
      const way = wayDiffers(want, have);
      if (way !== undefined) return way;
      const number = numberOf(want, numbers);
      if (number !== undefined && have.nexthop !== number) return `nexthop ${have.nexthop ?? "none"}, wanted ${number}`;
      return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
    },
    show: showRoutes([], ["proto", String(mark.routeProtocol)]),
    parse: (outputs) => byFamily(outputs, routeOf),
    render: (steps) => {
      const standing = new Map(wanted.map((route) => [keyOf(route), route]));
      return ipBatchOf(steps.flatMap((step) => linesOf(step, numbers, standing.get(step.key))));
    },
    foreign: {
      // Numbers, since a machine may have given our protocol a name.
      show: showRoutes(["-N"], []),
      parse: (outputs) => {
        const theirs = new Map(byFamily(outputs, foreignOf).flat());
        return (want) => theirs.get(keyOf(want));
      },
    },
  };
}

/** Routes each of which says its way itself. */
export const routeKind: NodeKind<RouteItem> = routeKindBy(new Map(), []);

function wayDiffers(want: RouteItem, have: RouteItem): string | undefined {
  if (want.via !== have.via) return `via ${have.via ?? "nothing"}, wanted ${want.via ?? "nothing"}`;
  if (want.device !== have.device) return `dev ${have.device ?? "none"}, wanted ${want.device ?? "none"}`;
  if (want.onlink !== have.onlink) return have.onlink === true ? "onlink, wanted without" : "not onlink, wanted so";
  return want.source === have.source ? undefined : `src ${have.source ?? "none"}, wanted ${want.source ?? "none"}`;
}

function keyOf({ prefix, metric, tos }: RouteItem): string {
  return [prefix, ...(metric === undefined ? [] : [`metric ${metric}`]), ...(tos === undefined ? [] : [`tos ${tos}`])].join(" ");
}

function showRoutes(options: readonly string[], filter: readonly string[]): Show[] {
  return families.map(({ flag }) => ({ argv: ["ip", ...options, "-j", flag, "route", "show", "table", "main", ...filter] }));
}

function byFamily<T>(outputs: readonly string[], read: (row: Row, family: Family) => T): T[] {
  return families.flatMap((family, n) =>
    parseRows(`ip ${family.flag} route show`, outputs[n] ?? "").map((row) => read(row, family)),
  );
}

function routeOf(row: Row, family: Family): RouteItem {
  const flags = row.texts("flags").filter((flag) => oddFlags.includes(flag));
  const oddity = [...oddFields.filter((field) => row.has(field)), ...flags].join(", ");
  return {
    prefix: prefixOf(row, family),
    ...viaOf(row),
    ...(row.has("nhid") ? { nexthop: row.count("nhid") } : {}),
    ...(row.has("dev") ? { device: row.device("dev") } : {}),
    ...(row.texts("flags").includes("onlink") ? { onlink: true } : {}),
    ...(row.has("prefsrc") ? { source: row.address("prefsrc") } : {}),
    ...(metricOf(row) === family.defaultMetric ? {} : { metric: metricOf(row) }),
    ...(row.has("tos") ? { tos: checked(row, "tos", (text) => /^\w{1,16}$/.exec(text)) } : {}),
    ...(oddity === "" ? {} : { oddity }),
  };
}

/** A next hop of the other family stands in a field of its own. */
function viaOf(row: Row): Pick<RouteItem, "via"> {
  if (row.has("gateway")) return { via: row.address("gateway") };
  return row.has("via") ? { via: row.row("via").address("host") } : {};
}

/** `ip` leaves out what goes without saying: the length of a host's prefix, the prefix of everything, the metric 0. */
function wholePrefix(dst: string, family: Family): string {
  if (dst === "default") return family.everything;
  return dst.includes("/") ? dst : `${dst}/${family.hostBits}`;
}

function prefixOf(row: Row, family: Family): string {
  return wholePrefix(
    checked(row, "dst", (text) => parseLoosePrefix(wholePrefix(text, family))),
    family,
  );
}

/** A text of a row that `parse` finds something in: it may come to stand in a command again. */
function checked(row: Row, field: string, parse: (text: string) => unknown): string {
  const text = row.text(field);
  if ((parse(text) ?? undefined) === undefined)
    throw new UnexpectedOutput("ip route show", `field "${field}" is ${JSON.stringify(text)}`);
  return text;
}

const metricOf = (row: Row) => (row.has("metric") ? row.count("metric") : 0);

/** Nothing of such a route is written anywhere, so it may have whatever the kernel takes, e.g. a device with a quote in its name. */
function foreignOf(row: Row, family: Family): [key: string, reason: string][] {
  const protocol = row.has("protocol") ? row.text("protocol") : "boot";
  if (protocol === String(mark.routeProtocol)) return [];
  const key = keyOf({
    prefix: wholePrefix(row.text("dst"), family),
    ...(metricOf(row) === family.defaultMetric ? {} : { metric: metricOf(row) }),
    ...(row.has("tos") ? { tos: row.text("tos") } : {}),
  });
  const path = [
    ...(row.has("gateway") ? ["via", row.text("gateway")] : []),
    ...(row.has("via") ? ["via", row.row("via").text("host")] : []),
    ...(row.has("dev") ? ["dev", row.text("dev")] : []),
  ];
  return [
    [
      key,
      `${key} ${path.join(" ")} exists and is not ours (proto ${protocol}), so it is left as it is; ` +
        `remove it with "ip route delete ${key} proto ${protocol}"`,
    ],
  ];
}

function numberOf({ via, device }: RouteItem, numbers: ReadonlyMap<string, number>): number | undefined {
  return via === undefined || device === undefined ? undefined : numbers.get(pathKey({ via, device }));
}

/** The way that a route goes; one that has a nexthop object is found by that alone. */
function wayOf(route: RouteItem, nexthop: number | undefined): (string | number)[] {
  if (nexthop !== undefined) return ["nhid", nexthop];
  const { prefix, via, device, onlink } = route;
  const isOfOtherFamily = via?.includes(":") === true && !prefix.includes(":");
  return [
    ...(via === undefined ? [] : ["via", ...(isOfOtherFamily ? ["inet6"] : []), via]),
    ...(device === undefined ? [] : ["dev", device]),
    ...(onlink === true ? ["onlink"] : []),
  ];
}

/**
 * Where an IPv6 route by a nexthop object stands beside one that says its way itself, the kernel takes away the former whichever of the two is named (ip6_route_del of Linux 6.18
 * looks no further than at the first such). So the one that shall stand is put in the place of what is left then.
 */
function linesOf(
  step: Step<RouteItem>,
  numbers: ReadonlyMap<string, number>,
  standing: RouteItem | undefined,
): { readonly text: string; readonly step: Step<RouteItem> }[] {
  const isDoubtful = step.op === "remove" && step.have?.nexthop === undefined && step.key.includes(":");
  const again = isDoubtful && standing !== undefined ? [{ ...step, op: "change" as const, want: standing }] : [];
  return [step, ...again].map((one) => ({ text: batchLine(wordsOf(one, numbers)), step }));
}

function wordsOf({ op, want, have }: Step<RouteItem>, numbers: ReadonlyMap<string, number>): (string | number)[] {
  const route = want ?? have ?? { prefix: "" };
  const words = [
    ...wayOf(route, want === undefined ? have?.nexthop : numberOf(want, numbers)),
    ...(route.source === undefined ? [] : ["src", route.source]),
    ...(route.metric === undefined ? [] : ["metric", route.metric]),
    ...(route.tos === undefined ? [] : ["tos", route.tos]),
  ];
  // `add` never takes the place of another route; `replace` leaves no moment without one.
  const verb = { add: "add", change: "replace", remove: "delete" }[op];
  return ["route", verb, route.prefix, ...words, "proto", mark.routeProtocol];
}

import { parseAddress } from "../../net/address.ts";
import { parseLoosePrefix } from "../../net/prefix.ts";
import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { mark } from "./mark.ts";
import type { NodeKind, Show } from "./node-kind.ts";
import { parseRows, type Row, UnexpectedOutput } from "./output.ts";

/** A route of ours in the main table: it carries protocol number 244. */
export interface RouteItem {
  /** Canonical text, e.g. `"10.244.2.0/24"`, `"fd00:10:244:2::/64"`. */
  readonly prefix: string;
  /** Next hop, same family, e.g. `"192.168.1.12"`; absent only from an observed route without one. */
  readonly via?: string;
  /** The device that reaches the next hop, e.g. `"eth0"`; absent only from an observed route without one. */
  readonly device?: string;
  /** Only of an observed route: its metric, where it is not the one `ip` gives by itself. */
  readonly metric?: number;
  /** Only of an observed route: its type of service, e.g. `"0x10"`. */
  readonly tos?: string;
  /** Only of an observed route: what it has that ours never have, e.g. `"type"`, `"prefsrc, onlink"`. */
  readonly oddity?: string;
}

/** The families in the order of the outputs, and the metric that `ip` gives a route of each by itself. */
const families = [
  { flag: "-4", defaultMetric: 0, hostBits: 32, everything: "0.0.0.0/0" },
  { flag: "-6", defaultMetric: 1024, hostBits: 128, everything: "::/0" },
] as const;
type Family = (typeof families)[number];

/** Fields and flags which `ip` shows for a route that somebody changed; ours never have them. */
const oddFields = ["type", "prefsrc", "metrics", "nexthops", "nhid", "encap", "expires"] as const;
const oddFlags = ["onlink", "pervasive"];

/** Routes of protocol 244 in the main table, both families. A route of somebody else for a wanted prefix is left as it is and reported. */
export const routeKind: NodeKind<RouteItem> = {
  name: "route",
  key: ({ prefix, metric, tos }) =>
    [prefix, ...(metric === undefined ? [] : [`metric ${metric}`]), ...(tos === undefined ? [] : [`tos ${tos}`])].join(" "),
  differs: (want, have) => {
    if (want.via !== have.via) return `via ${have.via ?? "nothing"}, wanted ${want.via ?? "nothing"}`;
    if (want.device !== have.device) return `dev ${have.device ?? "none"}, wanted ${want.device ?? "none"}`;
    return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
  },
  show: showRoutes([], ["proto", String(mark.routeProtocol)]),
  parse: (outputs) => byFamily(outputs, routeOf),
  render: (steps) => ipBatchOf(steps.map((step) => ({ text: batchLine(wordsOf(step)), step }))),
  foreign: {
    // Numbers, since a machine may have given our protocol a name.
    show: showRoutes(["-N"], []),
    parse: (outputs) => {
      const theirs = new Map(byFamily(outputs, foreignOf).flat());
      return (want) => theirs.get(routeKind.key(want));
    },
  },
};

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
    ...(row.has("gateway") ? { via: checked(row, "gateway", parseAddress) } : {}),
    ...(row.has("dev") ? { device: row.device("dev") } : {}),
    ...(metricOf(row) === family.defaultMetric ? {} : { metric: metricOf(row) }),
    ...(row.has("tos") ? { tos: checked(row, "tos", (text) => /^\w{1,16}$/.exec(text)) } : {}),
    ...(oddity === "" ? {} : { oddity }),
  };
}

/** `ip` leaves out what goes without saying: the length of a host's prefix, the prefix of everything, the metric 0. */
function prefixOf(row: Row, family: Family): string {
  const dst = row.text("dst");
  if (dst === "default") return family.everything;
  const whole = (text: string) => (text.includes("/") ? text : `${text}/${family.hostBits}`);
  return whole(checked(row, "dst", (text) => parseLoosePrefix(whole(text))));
}

/** A text of a row that `parse` finds something in: it may come to stand in a command again. */
function checked(row: Row, field: string, parse: (text: string) => unknown): string {
  const text = row.text(field);
  if ((parse(text) ?? undefined) === undefined)
    throw new UnexpectedOutput("ip route show", `field "${field}" is ${JSON.stringify(text)}`);
  return text;
}

const metricOf = (row: Row) => (row.has("metric") ? row.count("metric") : 0);

function foreignOf(row: Row, family: Family): [key: string, reason: string][] {
  const protocol = row.has("protocol") ? row.text("protocol") : "boot";
  if (protocol === String(mark.routeProtocol)) return [];
  const route = routeOf(row, family);
  const key = routeKind.key(route);
  const path = [
    ...(route.via === undefined ? [] : ["via", route.via]),
    ...(route.device === undefined ? [] : ["dev", route.device]),
  ];
  return [
    [
      key,
      `${key} ${path.join(" ")} exists and is not ours (proto ${protocol}), so it is left as it is; ` +
        `remove it with "ip route delete ${key} proto ${protocol}"`,
    ],
  ];
}

function wordsOf({ op, want, have }: Step<RouteItem>): (string | number)[] {
  const route = want ?? have ?? { prefix: "" };
  const words = [
    ...(route.via === undefined ? [] : ["via", route.via]),
    ...(route.device === undefined ? [] : ["dev", route.device]),
    ...(route.metric === undefined ? [] : ["metric", route.metric]),
    ...(route.tos === undefined ? [] : ["tos", route.tos]),
  ];
  // `add` never takes the place of another route; `replace` leaves no moment without one.
  const verb = { add: "add", change: "replace", remove: "delete" }[op];
  return ["route", verb, route.prefix, ...words, "proto", mark.routeProtocol];
}

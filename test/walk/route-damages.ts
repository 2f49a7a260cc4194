import type { Chance } from "../simulation/chance.ts";
import { type Damage, onRow, plain, type Rows, run, text } from "./act.ts";

const all = () => true;
const family = (row: Rows[number]) => (text(row, "dst").includes(":") ? "-6" : "-4");
const routes = (flag: string) => ["ip", "-j", flag, "route", "show", "proto", "244"];
const onRoute = (act: (row: Rows[number], chance: Chance) => readonly string[]): Damage => {
  const [four, six] = ["-4", "-6"].map((flag) => onRow(routes(flag), all, act));
  return async (target, chance) => (chance.happens(0.5) ? four : six)?.(target, chance);
};
const nexthops = ["ip", "-j", "nexthop", "show", "proto", "244"];

/** What is done to routes and nexthop objects. */
export const routeDamages: Readonly<Record<string, Damage>> = {
  "a route goes": onRoute((row) => ["ip", family(row), "route", "delete", text(row, "dst"), "proto", "244"]),
  "all routes of a family go": async ({ exec }, chance) =>
    run(exec, ["ip", chance.pick(["-4", "-6"]), "route", "flush", "proto", "244"]),
  "a route leads elsewhere": onRoute((row) => {
    const via = family(row) === "-4" ? "192.168.1.99" : "fd00:192:168:1::99";
    return ["ip", family(row), "route", "replace", text(row, "dst"), "via", via, "dev", "eth0", "proto", "244"];
  }),
  "a route of another metric stands beside": onRoute((row) => {
    const via = family(row) === "-4" ? "192.168.1.99" : "fd00:192:168:1::99";
    return ["ip", family(row), "route", "add", text(row, "dst"), "via", via, "dev", "eth0", "proto", "244", "metric", "77"];
  }),
  "a route has an MTU of its own": onRoute((row) => [
    "ip",
    family(row),
    "route",
    "change",
    text(row, "dst"),
    "dev",
    "eth0",
    "proto",
    "244",
    "mtu",
    "1300",
  ]),
  "a route to nowhere is made": plain(["ip", "route", "add", "blackhole", "10.244.77.0/24", "proto", "244"]),
  "a route that nobody wants is made": async ({ exec }, chance) => {
    const [prefix, via] = chance.pick([
      ["10.244.78.0/24", "192.168.1.99"],
      ["198.51.100.7/32", "192.168.1.99"],
      ["fd00:10:244:78::/64", "fd00:192:168:1::99"],
    ] as const);
    return run(exec, ["ip", "route", "add", prefix, "via", via, "proto", "244"]);
  },
  "a nexthop goes": onRow(nexthops, all, (row) => ["ip", "nexthop", "delete", "id", text(row, "id")]),
  "all nexthops go": plain(["ip", "nexthop", "flush", "proto", "244"]),
  "a nexthop leads elsewhere": onRow(nexthops, all, (row) => {
    const via = text(row, "gateway").includes(":") ? "fd00:192:168:1::99" : "192.168.1.99";
    return ["ip", "nexthop", "replace", "id", text(row, "id"), "via", via, "dev", "eth0", "proto", "244"];
  }),
  "a nexthop that nobody wants is made": async ({ exec }, chance) =>
    run(exec, [
      "ip",
      "nexthop",
      "add",
      "id",
      String(4_000 + chance.below(9)),
      ...chance.pick([["blackhole"], ["via", "192.168.1.98", "dev", "eth0"]]),
      "proto",
      "244",
    ]),
};

import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { mark } from "./mark.ts";
import type { NodeKind, Show } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** A way to a neighbor, from which routes take theirs by its number: the kernel looks it up once, and not again for each route. */
export interface NextHopPath {
  /** e.g. `"192.168.1.12"` */
  readonly via: string;
  /** e.g. `"eth0"` */
  readonly device: string;
  /** The neighbor is on the device, whatever the routes say. */
  readonly onlink?: boolean;
}

/** A nexthop object of ours: it carries protocol number 244. */
export interface NexthopItem extends Partial<NextHopPath> {
  readonly id: number;
  /** Only of an observed one: what it has that ours never have, e.g. `"group"`, `"blackhole"`. */
  readonly oddity?: string;
}

/** Numbers of ours begin here, and are 28 bits: routing daemons take small ones. */
const firstId = 0x5000_0000;
const idCount = 0x1000_0000;

const oddFields = ["group", "blackhole", "encap", "fdb"];
const show: readonly Show[] = [{ argv: ["ip", "-N", "-j", "nexthop", "show"] }];

/** Nexthop objects of protocol 244, by the way they lead. One of somebody else that has a number of ours is left as it is and reported. */
export const nexthopKind: NodeKind<NexthopItem> = {
  name: "nexthop",
  key: ({ id, via, device }) => (via === undefined || device === undefined ? `id ${id}` : pathKey({ via, device })),
  differs: (want, have) => {
    if (want.id !== have.id) return `id ${have.id}, wanted ${want.id}`;
    if (want.onlink !== have.onlink) return have.onlink === true ? "onlink, wanted without" : "not onlink, wanted so";
    return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
  },
  show,
  parse: ([text = ""]) => parseRows("ip nexthop show", text).filter(isOurs).map(nexthopOf),
  render: (steps) => ipBatchOf(steps.flatMap((step) => linesOf(step).map((words) => ({ text: batchLine(words), step })))),
  foreign: {
    show,
    parse: ([text = ""]) => {
      const rows = parseRows("ip nexthop show", text).filter((row) => !isOurs(row));
      const protocols = new Map(rows.map((row) => [row.count("id"), row.has("protocol") ? row.text("protocol") : "none"]));
      return ({ id }) => {
        const protocol = protocols.get(id);
        if (protocol === undefined) return undefined;
        return `nexthop id ${id} exists and is not ours (proto ${protocol}), so it is left as it is; remove it with "ip nexthop delete id ${id}"`;
      };
    },
  },
};

/** e.g. `"192.168.1.12 dev eth0"` */
export function pathKey({ via, device }: NextHopPath): string {
  return `${via} dev ${device}`;
}

/**
 * Gives each path a number: the one that it has, else one made of its own text, so that it is the same on every run; where that is taken, the next free one.
 * Paths may be given several times.
 */
export function numberedPaths(paths: readonly NextHopPath[], have: readonly NexthopItem[]): (NexthopItem & NextHopPath)[] {
  const wanted = new Map(paths.map((path) => [pathKey(path), path]));
  const known = new Map(have.map((item) => [nexthopKind.key(item), item.id]));
  const taken = new Set(have.map(({ id }) => id));
  return [...wanted].map(([key, path]) => {
    const id = known.get(key) ?? freeId(key, taken);
    taken.add(id);
    return { id, ...path };
  });
}

function freeId(key: string, taken: ReadonlySet<number>): number {
  let at = hash(key) % idCount;
  while (taken.has(firstId + at)) at = (at + 1) % idCount;
  return firstId + at;
}

/** FNV-1a, 32 bits, of the text's UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

function isOurs(row: Row): boolean {
  return row.has("protocol") && row.text("protocol") === String(mark.routeProtocol);
}

function nexthopOf(row: Row): NexthopItem {
  const oddity = oddFields.filter((field) => row.has(field));
  return {
    id: row.count("id"),
    ...(row.has("gateway") ? { via: row.address("gateway") } : {}),
    ...(row.has("dev") ? { device: row.device("dev") } : {}),
    ...(row.texts("flags").includes("onlink") ? { onlink: true } : {}),
    ...(oddity.length === 0 ? {} : { oddity: oddity.join(", ") }),
  };
}

function linesOf({ op, want, have }: Step<NexthopItem>): (string | number)[][] {
  const remove = have === undefined || have.id === want?.id ? [] : [["nexthop", "delete", "id", have.id]];
  if (want === undefined) return remove;
  const path = [
    ...(want.via === undefined ? [] : ["via", want.via]),
    ...(want.device === undefined ? [] : ["dev", want.device]),
    ...(want.onlink === true ? ["onlink"] : []),
  ];
  return [["nexthop", op === "add" ? "add" : "replace", "id", want.id, ...path, "proto", mark.routeProtocol], ...remove];
}

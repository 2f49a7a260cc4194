import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { mark } from "./mark.ts";
import type { BatchLine, ForeignCheck, NodeKind } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** A link of ours: it carries the alias `podnet`. */
export type LinkItem = BridgeLink | VxlanLink;

/** A bridge. */
export interface BridgeLink extends LinkSettings {
  readonly type: "bridge";
}

/** A VXLAN device that learns nothing and floods nothing: it sends to whom its forwarding entries name, and to nobody else. */
export interface VxlanLink extends LinkSettings {
  readonly type: "vxlan";
  readonly tunnel: Tunnel;
}

/** What a VXLAN device is made with, once for all. */
export interface Tunnel {
  /** The network identifier (VNI) that it sends and takes. */
  readonly id: number;
  /** The UDP port that it listens on, and sends to where an entry names no other. */
  readonly port: number;
  /** The address that it sends from and listens on; of a family it sends and takes that one alone. Absent only from an observed device. */
  readonly local?: string;
  /** Only of an observed device: what it has that ours never have, e.g. `"learning"`, `"group"`. */
  readonly oddity?: string;
}

interface LinkSettings {
  /** Interface name, at most 15 characters, e.g. `"cni0"`. */
  readonly name: string;
  /** Pinned, lower case, e.g. `"02:11:22:33:44:55"`: an unpinned bridge takes another one with almost every port. */
  readonly mac: string;
  /** Bytes. */
  readonly mtu: number;
  readonly up: boolean;
}

/** Name of a link until it carries our alias; one that a crash left behind is removed by its prefix. */
const unfinished = `${mark.linkPrefix}new`;

/** Bridges and VXLAN devices with the alias `podnet`. A link of a wanted name without our alias is left as it is and reported. */
export const linkKind: NodeKind<LinkItem> = {
  name: "link",
  key: (link) => link.name,
  differs: (want, have) => {
    const made = madeDifferently(want, have);
    if (made !== undefined) return made;
    if (want.mac !== have.mac) return `MAC ${have.mac}, wanted ${want.mac}`;
    if (want.mtu !== have.mtu) return `MTU ${have.mtu}, wanted ${want.mtu}`;
    if (want.up !== have.up) return have.up ? "up, wanted down" : "down, wanted up";
    return undefined;
  },
  show: [{ argv: ["ip", "-j", "link", "show", "type", "bridge"] }, { argv: ["ip", "-d", "-j", "link", "show", "type", "vxlan"] }],
  parse: ([bridges = "", tunnels = ""]) => [
    ...parseRows("ip link show", bridges)
      .filter(isOurs)
      .map((row): LinkItem => ({ type: "bridge", ...settingsOf(row) })),
    ...parseRows("ip link show", tunnels)
      .filter(isOurs)
      .map((row): LinkItem => ({ type: "vxlan", ...settingsOf(row), tunnel: tunnelOf(row.row("linkinfo").row("info_data")) })),
  ],
  render: (steps) => ipBatchOf(steps.flatMap(linesOf)),
  foreign: foreignLinkCheck((link) => link.name),
};

/** Name of each link → whether it is ours, from the output of `ip -j link show`. */
export function linkMarks(links: string): Map<string, boolean> {
  return new Map(parseRows("ip link show", links).map((row) => [row.text("ifname"), isOurs(row)]));
}

/** Looks for a link that stands, without our mark, under the name that an item needs; shared by the kinds that write to links. */
export function foreignLinkCheck<Item>(nameOf: (item: Item) => string): ForeignCheck<Item> {
  return {
    show: [{ argv: ["ip", "-j", "link", "show"] }],
    parse: ([links = ""]) => {
      const marks = linkMarks(links);
      return (want) => (marks.get(nameOf(want)) === false ? foreignLink(nameOf(want)) : undefined);
    },
  };
}

function foreignLink(name: string): string {
  return (
    `a link ${name} exists that is not ours (its alias is not "${mark.linkAlias}"), so it is left as it is; ` +
    `remove it with "ip link delete ${name}", which cuts off the pods on it, or choose another name in spec.cni.bridge`
  );
}

function isOurs(row: Row): boolean {
  return row.text("ifname").startsWith(mark.linkPrefix) || (row.has("ifalias") && row.text("ifalias") === mark.linkAlias);
}

function settingsOf(row: Row): LinkSettings {
  return {
    name: row.device("ifname"),
    mac: row.text("address").toLowerCase(),
    mtu: row.count("mtu"),
    up: row.texts("flags").includes("UP"),
  };
}

/** Fields of a VXLAN device that ours never have; `remote` and `group` are where it would flood to. */
const oddFields = ["remote", "remote6", "group", "group6", "external", "link", "proxy", "rsc", "l2miss", "l3miss", "gbp", "gpe"];

function tunnelOf(row: Row): Tunnel {
  const local = ["local", "local6"].find((field) => row.has(field));
  const odd = [...oddFields.filter((field) => row.has(field)), ...(row.flag("learning") ? ["learning"] : [])];
  return {
    id: row.count("id"),
    port: row.count("port"),
    ...(local === undefined ? {} : { local: row.address(local) }),
    ...(odd.length === 0 ? {} : { oddity: odd.join(", ") }),
  };
}

/** In what a link differs that cannot be changed while it stands. */
function madeDifferently(want: LinkItem, have: LinkItem): string | undefined {
  if (want.type !== have.type) return `a ${have.type}, wanted a ${want.type}`;
  const [wanted, found] = [want, have].map((link) => (link.type === "vxlan" ? tunnelText(link.tunnel) : ""));
  return wanted === found ? undefined : `${found}, wanted ${wanted}`;
}

function tunnelText({ id, port, local, oddity }: Tunnel): string {
  return `id ${id} port ${port} local ${local ?? "none"}${oddity === undefined ? "" : ` with ${oddity}`}`;
}

function linesOf(step: Step<LinkItem>): BatchLine<LinkItem>[] {
  const { want, have } = step;
  const line = (...words: (string | number)[]) => ({ text: batchLine(["link", ...words]), step });
  if (want === undefined) return have === undefined ? [] : [line("delete", "dev", have.name)];
  const standing = have !== undefined && madeDifferently(want, have) === undefined ? have : undefined;
  const settings = line("set", "dev", want.name, ...settingsFor(want, standing));
  if (step.op === "change" && standing !== undefined) return [settings];
  const clear = { ...line("delete", "dev", unfinished), mayFail: true };
  return [
    ...(step.op === "change" ? [{ ...line("delete", "dev", want.name), mayFail: true }] : []),
    clear,
    line("add", "name", unfinished, "address", want.mac, "type", want.type, ...madeWith(want)),
    line("set", "dev", unfinished, "alias", mark.linkAlias),
    line("set", "dev", unfinished, "name", want.name),
    settings,
    clear,
  ];
}

function madeWith(want: LinkItem): (string | number)[] {
  if (want.type === "bridge") return [];
  const { id, port, local } = want.tunnel;
  return ["id", id, "dstport", port, "nolearning", ...(local === undefined ? [] : ["local", local])];
}

/**
 * What is to be set on a link, of one that stands only what differs: setting the address that a bridge has makes the kernel forget all its neighbors, and pods' IPv6 packets are lost until it finds them again.
 * A bridge follows the MTU of its ports unless its own was set after it was made. A tunnel has no address of its own making: it would announce it.
 */
function settingsFor(want: LinkItem, have: LinkItem | undefined): (string | number)[] {
  return [
    ...(have?.mac === want.mac ? [] : ["address", want.mac]),
    ...(have?.mtu === want.mtu ? [] : ["mtu", want.mtu]),
    ...(have === undefined && want.type === "vxlan" ? ["addrgenmode", "none"] : []),
    ...(have?.up === want.up ? [] : [want.up ? "up" : "down"]),
  ];
}

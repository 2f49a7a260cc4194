import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { mark } from "./mark.ts";
import type { BatchLine, ForeignCheck, NodeKind } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** A link of ours: it carries the alias `podnet`. */
export interface LinkItem {
  /** Interface name, at most 15 characters, e.g. `"cni0"`. */
  readonly name: string;
  readonly type: "bridge";
  /** Pinned, lower case, e.g. `"02:11:22:33:44:55"`: an unpinned bridge takes another one with almost every port. */
  readonly mac: string;
  /** Bytes. */
  readonly mtu: number;
  readonly up: boolean;
}

/** Name of a link until it carries our alias; one that a crash left behind is removed by its prefix. */
const unfinished = `${mark.linkPrefix}new`;

/** Bridges with the alias `podnet`. A link of a wanted name without our alias is left as it is and reported. */
export const linkKind: NodeKind<LinkItem> = {
  name: "link",
  key: (link) => link.name,
  differs: (want, have) => {
    if (want.mac !== have.mac) return `MAC ${have.mac}, wanted ${want.mac}`;
    if (want.mtu !== have.mtu) return `MTU ${have.mtu}, wanted ${want.mtu}`;
    if (want.up !== have.up) return have.up ? "up, wanted down" : "down, wanted up";
    return undefined;
  },
  show: [{ argv: ["ip", "-j", "link", "show", "type", "bridge"] }],
  parse: ([bridges = ""]) => parseRows("ip link show", bridges).filter(isOurs).map(linkOf),
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

function linkOf(row: Row): LinkItem {
  return {
    name: row.device("ifname"),
    type: "bridge",
    mac: row.text("address").toLowerCase(),
    mtu: row.count("mtu"),
    up: row.texts("flags").includes("UP"),
  };
}

function linesOf(step: Step<LinkItem>): BatchLine<LinkItem>[] {
  const { want, have } = step;
  const line = (...words: (string | number)[]) => ({ text: batchLine(["link", ...words]), step });
  if (want === undefined) return have === undefined ? [] : [line("delete", "dev", have.name)];
  // A bridge follows the MTU of its ports unless its own was set after it was made.
  const settings = line("set", "dev", want.name, "address", want.mac, "mtu", want.mtu, want.up ? "up" : "down");
  if (step.op === "change") return [settings];
  const clear = { ...line("delete", "dev", unfinished), mayFail: true };
  return [
    clear,
    line("add", "name", unfinished, "address", want.mac, "type", want.type),
    line("set", "dev", unfinished, "alias", mark.linkAlias),
    line("set", "dev", unfinished, "name", want.name),
    settings,
    clear,
  ];
}

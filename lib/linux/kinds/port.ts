import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { foreignLinkCheck, linkMarks } from "./link.ts";
import type { BatchLine, NodeKind } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** The node's end of a veth, as a port of a bridge of ours. */
export interface PortItem {
  /** e.g. `"veth1a2b3c4d"` */
  readonly name: string;
  /** Lower case. */
  readonly mac: string;
  /** Undefined only of an observed one: it is on no bridge. */
  readonly bridge: string | undefined;
  /** Whether a packet may go out by the port that it came in by. */
  readonly hairpin: boolean;
}

/**
 * Veths on bridges of ours, and those that are on nothing and have no address; one that is on anything else is somebody else's, and not seen. Of those that are on nothing the mark is not in the kernel:
 * whoever wants one on a bridge has to know that it is a pod's. None is ever taken off.
 */
export const portKind: NodeKind<PortItem> = {
  name: "port",
  key: (port) => port.name,
  differs: (want, have) => {
    if (want.bridge !== have.bridge) return `on ${have.bridge ?? "no bridge"}, wanted on ${want.bridge ?? "none"}`;
    return want.hairpin === have.hairpin ? undefined : `hairpin ${onOff(have.hairpin)}, wanted ${onOff(want.hairpin)}`;
  },
  show: [
    { argv: ["ip", "-j", "link", "show", "type", "bridge"] },
    { argv: ["ip", "-d", "-j", "address", "show", "type", "veth"] },
  ],
  parse: ([bridges = "", veths = ""]) => {
    const marks = linkMarks(bridges);
    return parseRows("ip address show", veths)
      .filter((row) => (row.has("master") ? marks.get(row.text("master")) === true : !hasAddress(row)))
      .map(portOf);
  },
  render: (steps) => ipBatchOf(steps.flatMap(linesOf)),
  foreign: foreignLinkCheck((port) => port.bridge ?? ""),
};

/** Whether an interface has an address beside the one that the kernel gives it by itself: none of a bridge has. */
export function hasAddress(row: Row): boolean {
  return row.rows("addr_info").some((info) => info.has("scope") && info.text("scope") !== "link");
}

function portOf(row: Row): PortItem {
  const bridge = row.has("master") ? row.device("master") : undefined;
  return {
    // Not as a name that can stand in a command: of all that are on nothing, one with an odd name is of no concern; whoever plans leaves it out.
    name: row.text("ifname"),
    mac: row.text("address").toLowerCase(),
    bridge,
    hairpin: bridge !== undefined && row.row("linkinfo").row("info_slave_data").flag("hairpin"),
  };
}

/** A port that was just put on a bridge has everything as the kernel makes it, hairpin off. */
function linesOf(step: Step<PortItem>): BatchLine<PortItem>[] {
  const { want, have } = step;
  if (want?.bridge === undefined) return [];
  const line = (...words: string[]) => ({ text: batchLine(["link", "set", "dev", want.name, ...words]), step });
  const stays = have?.bridge === want.bridge;
  return [
    ...(stays ? [] : [line("master", want.bridge)]),
    ...(want.hairpin === (stays && have.hairpin) ? [] : [line("type", "bridge_slave", "hairpin", onOff(want.hairpin))]),
  ];
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

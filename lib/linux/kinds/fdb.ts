import type { Step } from "../../reconcile/kind.ts";
import { batchLine } from "./batch-line.ts";
import { foreignLinkCheck } from "./link.ts";
import type { NodeKind } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** An entry of a tunnel's forwarding database: frames for this MAC go to that node. */
export interface FdbItem {
  /** A tunnel of ours, e.g. `"podnet-vxlan4"`. */
  readonly device: string;
  /** Lower case, e.g. `"0a:58:9f:3c:51:e7"`. */
  readonly mac: string;
  /** The node's address, e.g. `"192.168.2.12"`. Absent only from an observed entry without one. */
  readonly to?: string;
  /** The UDP port there, where it is not the tunnel's own. */
  readonly port?: number;
  /** Only of an observed entry: what it has that ours never have, e.g. `"vni"`, `"not permanent"`. */
  readonly oddity?: string;
}

/** All entries on tunnels of ours; one for everybody, which would flood, is not wanted like any other that nobody asked for. */
export function fdbKindOn(devices: readonly string[]): NodeKind<FdbItem> {
  return {
    name: "fdb",
    key: ({ device, mac }) => `${device} ${mac}`,
    differs: (want, have) => {
      if (want.to !== have.to) return `to ${have.to ?? "nobody"}, wanted ${want.to ?? "nobody"}`;
      if (want.port !== have.port) return `port ${have.port ?? "of the tunnel"}, wanted ${want.port ?? "that of the tunnel"}`;
      return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
    },
    show: devices.map((device) => ({
      argv: ["bridge", "-j", "fdb", "show", "dev", device],
      absentWhen: ["Cannot find device"],
    })),
    parse: (outputs) =>
      devices.flatMap((device, n) => parseRows("bridge fdb show", outputs[n] ?? "").map((row) => fdbOf(device, row))),
    render: (steps) => {
      const lines = steps.map((step) => ({ text: batchLine(wordsOf(step)), step }));
      return lines.length === 0 ? [] : [{ argv: ["bridge", "-force", "-batch", "-"], failure: "eachLine", lines }];
    },
    foreign: foreignLinkCheck((item) => item.device),
  };
}

function fdbOf(device: string, row: Row): FdbItem {
  const odd = [
    ...["vni", "viaIf", "viaIfIndex", "nhid", "linkNetNsId", "src_vni"].filter((field) => row.has(field)),
    ...(row.text("state") === "permanent" ? [] : ["not permanent"]),
  ];
  return {
    device,
    mac: row.text("mac").toLowerCase(),
    ...(row.has("dst") ? { to: row.address("dst") } : {}),
    ...(row.has("port") ? { port: row.count("port") } : {}),
    ...(odd.length === 0 ? {} : { oddity: odd.join(", ") }),
  };
}

/** `replace` takes the place of all entries of that MAC. */
function wordsOf({ want, have }: Step<FdbItem>): (string | number)[] {
  const item = want ?? have ?? { mac: "", device: "" };
  const verb = want === undefined ? "delete" : "replace";
  const to = item.to === undefined ? [] : ["dst", item.to];
  const port = item.port === undefined ? [] : ["port", item.port];
  return ["fdb", verb, item.mac, "dev", item.device, ...to, ...port, "self", ...(want === undefined ? [] : ["permanent"])];
}

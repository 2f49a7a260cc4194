import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { foreignLinkCheck } from "./link.ts";
import { mark } from "./mark.ts";
import type { NodeKind } from "./node-kind.ts";
import { parseRows, type Row } from "./output.ts";

/** An entry of a tunnel's neighbor table that stays for ever: nobody is asked who has the address. */
export interface NeighborItem {
  /** A tunnel of ours, e.g. `"podnet-vxlan4"`. */
  readonly device: string;
  /** e.g. `"10.244.2.1"`, `"fe80::58:9fff:fe3c:51e7"` */
  readonly address: string;
  /** Lower case. Absent only from an observed entry without one. */
  readonly mac?: string;
  /** Only of an observed entry: what it has that ours never have, e.g. `"STALE"`, `"router"`. */
  readonly oddity?: string;
}

/** The neighbors on tunnels of ours, all of whose lasting entries are ours; what the kernel finds out by itself is left to it, but where ours should stand. */
export function neighborKindOn(devices: readonly string[]): NodeKind<NeighborItem> {
  return {
    name: "neighbor",
    key: ({ device, address }) => `${device} ${address}`,
    differs: (want, have) => {
      if (want.mac !== have.mac) return `MAC ${have.mac ?? "unknown"}, wanted ${want.mac ?? "unknown"}`;
      return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
    },
    // Numbers, since a machine may have given our protocol a name.
    show: devices.map((device) => ({
      argv: ["ip", "-N", "-j", "neighbor", "show", "dev", device],
      absentWhen: ["Cannot find device"],
    })),
    parse: (outputs) =>
      devices.flatMap((device, n) =>
        parseRows("ip neighbor show", outputs[n] ?? "")
          .filter((row) => row.has("protocol") || row.texts("state").includes("PERMANENT"))
          .map((row) => neighborOf(device, row)),
      ),
    render: (steps) => ipBatchOf(steps.map((step) => ({ text: batchLine(wordsOf(step)), step }))),
    foreign: foreignLinkCheck((item) => item.device),
  };
}

function neighborOf(device: string, row: Row): NeighborItem {
  const states = row.texts("state").filter((state) => state !== "PERMANENT");
  const odd = [...states, ...["router", "proxy", "extern_learn"].filter((field) => row.has(field))];
  return {
    device,
    address: row.address("dst"),
    ...(row.has("lladdr") ? { mac: row.text("lladdr").toLowerCase() } : {}),
    ...(odd.length === 0 ? {} : { oddity: odd.join(", ") }),
  };
}

function wordsOf({ want, have }: Step<NeighborItem>): (string | number)[] {
  if (want?.mac === undefined) return ["neighbor", "delete", have?.address ?? "", "dev", have?.device ?? ""];
  return [
    "neighbor",
    "replace",
    want.address,
    "lladdr",
    want.mac,
    "dev",
    want.device,
    "nud",
    "permanent",
    "protocol",
    mark.routeProtocol,
  ];
}

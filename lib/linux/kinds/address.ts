import { parseLoosePrefix } from "../../net/prefix.ts";
import type { Step } from "../../reconcile/kind.ts";
import { batchLine, ipBatchOf } from "./batch-line.ts";
import { foreignLinkCheck, linkMarks } from "./link.ts";
import { mark } from "./mark.ts";
import type { NodeKind } from "./node-kind.ts";
import { parseRows, type Row, UnexpectedOutput } from "./output.ts";

/** An address on a link of ours; IPv6 ones are always set without duplicate address detection. */
export interface AddressItem {
  /** The link's name, e.g. `"cni0"`; a tunnel's begins with `podnet-`. */
  readonly device: string;
  /** Address and prefix length, canonical text, e.g. `"10.244.1.1/24"`, `"fd00:10:244:1::1/64"`. */
  readonly address: string;
  /** Only of an observed address: what it has that ours never have, e.g. `"scope link"`, `"duplicate address detection"`. */
  readonly oddity?: string;
}

/** Flags of our addresses by family. Detection keeps an IPv6 address unusable at first, for ever on a bridge without a port. */
const flags: Readonly<Record<string, readonly string[]>> = { inet: [], inet6: ["nodad"] };

/** The tunnels among the links that addresses are wanted on. */
export function tunnelsOf(want: readonly AddressItem[]): string[] {
  return [...new Set(want.map(({ device }) => device))].filter((device) => device.startsWith(mark.linkPrefix));
}

/** Every address on bridges of ours and on these tunnels of ours, except the link-local ones which the kernel makes. */
export function addressKindOn(tunnels: readonly string[]): NodeKind<AddressItem> {
  return {
    name: addressName,
    key: (item) => `${item.device} ${withoutLength(item.address)}`,
    differs: (want, have) => {
      if (want.address !== have.address) return `${have.address}, wanted ${want.address}`;
      return have.oddity === undefined ? undefined : `it has ${have.oddity}, wanted without`;
    },
    show: [
      { argv: ["ip", "-j", "link", "show", "type", "bridge"] },
      { argv: ["ip", "-j", "address", "show", "type", "bridge"] },
      ...tunnels.map((device) => ({ argv: ["ip", "-j", "address", "show", "dev", device], absentWhen: ["does not exist"] })),
    ],
    parse: ([links = "", bridged = "", ...tunnelled]) => {
      const marks = linkMarks(links);
      const bridges = rowsOf(bridged).filter((row) => marks.get(row.text("ifname")) === true);
      return [...bridges, ...tunnelled.flatMap(rowsOf)].flatMap(addressesOn);
    },
    render: (steps) => ipBatchOf(steps.flatMap((step) => linesOf(step).map((words) => ({ text: batchLine(words), step })))),
    foreign: foreignLinkCheck((item) => item.device),
  };
}

/** Of the kind. */
export const addressName = "address";

const rowsOf = (output: string) => parseRows("ip address show", output);
const addressesOn = (row: Row) =>
  row
    .rows("addr_info")
    .filter(isManaged)
    .map((info) => addressOf(row.device("ifname"), info));

const withoutLength = (address: string) => address.split("/")[0] ?? address;
const isManaged = (info: Row) => !(info.text("family") === "inet6" && info.text("scope") === "link");

function flagsOf(family: string): readonly string[] {
  const known = flags[family];
  if (known === undefined) throw new UnexpectedOutput("ip address show", `field "family" is "${family}"`);
  return known;
}

function addressOf(device: string, info: Row): AddressItem {
  const wanted = flagsOf(info.text("family"));
  const oddities = [
    ...(info.text("scope") === "global" ? [] : [`scope ${info.text("scope")}`]),
    ...(info.has("address") ? ["a peer address"] : []),
    ...(wanted.every((flag) => info.has(flag)) ? [] : ["duplicate address detection"]),
    ...(info.has("dynamic") ? ["a lifetime"] : []),
  ];
  return {
    device,
    address: addressText(info),
    ...(oddities.length === 0 ? {} : { oddity: oddities.join(", ") }),
  };
}

function addressText(info: Row): string {
  const text = `${info.text("local")}/${info.count("prefixlen")}`;
  if (parseLoosePrefix(text) === undefined)
    throw new UnexpectedOutput("ip address show", `it has the address ${JSON.stringify(text)}`);
  return text;
}

function linesOf({ want, have }: Step<AddressItem>): string[][] {
  const remove = have === undefined ? [] : [["address", "delete", have.address, "dev", have.device]];
  if (want === undefined) return remove;
  // IPv6 refuses a second prefix length for one address, so that a change has to remove first.
  return [
    ...remove,
    ["address", "add", want.address, "dev", want.device, ...flagsOf(want.address.includes(":") ? "inet6" : "inet")],
  ];
}

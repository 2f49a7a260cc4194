import { cniNetworkName } from "../../crds/names.ts";
import { addressBits, families, type Family, renderAddress } from "../../lib/net/address.ts";
import { addressAt, isPrefixProblem, type Prefix, parsePrefix, renderPrefix } from "../../lib/net/prefix.ts";
import { elements, field, parseJson } from "../../lib/text/json.ts";

/** What a CNI configuration of ours says. */
export interface Conflist {
  readonly bridge: string;
  readonly hairpin: boolean;
  /** Whether hostPort works. */
  readonly portMap: boolean;
  /** Whether pods' bandwidth annotations count. */
  readonly bandwidth: boolean;
  /** Bytes; of the bridge and of both ends of each pod's veth. */
  readonly mtu: number;
  /** At least one; within a family new pods take addresses from the first that has any. */
  readonly subnets: readonly Prefix[];
  /** Families, ascending, that give no address out any more: ADD fails with a clear error, DEL works. */
  readonly closed: readonly Family[];
}

/** Where a node's pods send what leaves their subnet: the first address of the subnet, e.g. `10.244.1.1`. */
export function gatewayOf(subnet: Prefix): string {
  return renderAddress(addressAt(subnet, 1n));
}

/** The subnets of a configuration that a new pod may get an address of. */
export function openSubnets({ subnets, closed }: Conflist): Prefix[] {
  return subnets.filter((subnet) => !closed.includes(subnet.family));
}

/** Whether host-local gives addresses out of a subnet of that size: at most /30 or /126. */
export function hasPodAddresses(subnet: Prefix): boolean {
  return subnet.length <= addressBits(subnet.family) - 2;
}

/** Family → the destination of its default route. */
const everywhere: Readonly<Record<Family, string>> = { 4: "0.0.0.0/0", 6: "::/0" };

/** The text of `/etc/cni/net.d/*.conflist` (CNI specification 1.0.0); equal settings give equal text. */
export function renderConflist(conflist: Conflist): string {
  return `${JSON.stringify(conflistObject(conflist), undefined, 2)}\n`;
}

/** What a configuration says, when it is one that `renderConflist` wrote, whatever its spaces; undefined for any other text. */
export function parseConflist(text: string): Conflist | undefined {
  const value = text.length > longest ? undefined : parseJson(text);
  const [main, ...chained] = elements(field(value, "plugins"));
  const ranges = elements(field(field(main, "ipam"), "ranges")).flatMap(elements);
  const subnets = ranges.map((range) => parsePrefix(textOf(field(range, "subnet"))));
  const [bridge, hairpin, mtu] = [field(main, "bridge"), field(main, "hairpinMode"), field(main, "mtu")];
  if (typeof bridge !== "string" || typeof hairpin !== "boolean" || typeof mtu !== "number") return undefined;
  const conflist: Conflist = {
    bridge,
    hairpin,
    portMap: chained.some((plugin) => field(plugin, "type") === "portmap"),
    bandwidth: chained.some((plugin) => field(plugin, "type") === "bandwidth"),
    mtu,
    subnets: subnets.filter((subnet): subnet is Prefix => !isPrefixProblem(subnet) && hasPodAddresses(subnet)),
    closed: closedFamilies(ranges),
  };
  return JSON.stringify(conflistObject(conflist)) === JSON.stringify(value) ? conflist : undefined;
}

/** A thousand subnets are far from making one of ours so long. */
const longest = 256 * 1024;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function conflistObject({ bridge, hairpin, portMap, bandwidth, mtu, subnets, closed }: Conflist): object {
  const used = families.filter((family) => subnets.some((subnet) => subnet.family === family));
  const ranges = used.map((family) => {
    const isClosed = closed.includes(family);
    return subnets.filter((subnet) => subnet.family === family).map((subnet) => range(subnet, isClosed));
  });
  const ipam = {
    type: "host-local",
    ranges,
    routes: used.map((family) => ({ dst: everywhere[family] })),
  };
  const main = { type: "bridge", bridge, isGateway: false, hairpinMode: hairpin, mtu, ipam };
  const chained = [
    ...(portMap ? [{ type: "portmap", capabilities: { portMappings: true }, snat: true }] : []),
    ...(bandwidth ? [{ type: "bandwidth", capabilities: { bandwidth: true } }] : []),
  ];
  return { cniVersion: "1.0.0", name: cniNetworkName, plugins: [main, ...chained] };
}

function closedFamilies(ranges: readonly unknown[]): Family[] {
  const closed = ranges
    .filter((range) => field(range, "rangeStart") !== undefined)
    .map((range) => textOf(field(range, "subnet")));
  return families.filter((family) => closed.some((subnet) => subnet.includes(":") === (family === 6)));
}

/** A closed range holds the gateway alone, which host-local never gives out. */
function range(subnet: Prefix, closed: boolean): object {
  const gateway = gatewayOf(subnet);
  return { subnet: renderPrefix(subnet), gateway, ...(closed ? { rangeStart: gateway, rangeEnd: gateway } : {}) };
}

import { countOf, renderFirst } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import type { PodNetworkStatusCapacity } from "../../crds/types.ts";
import type { PodNetworkConditionType, Verdict } from "../../crds/conditions.ts";
import type { Family } from "../../lib/net/address.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import { parsePrefix, isPrefixProblem } from "../../lib/net/prefix.ts";
import { givingRanges, isUsable } from "./accept.ts";
import type { Member } from "./member.ts";
import { listOf, type NetworkView } from "./network-view.ts";
import { useOf } from "./pool.ts";
import { servicesUnseen } from "./refusal.ts";
import { familyName, type Network } from "./snapshot.ts";

/** Subnets of one family that new nodes may get. */
interface Room {
  readonly family: Family;
  readonly free: number;
  readonly total: number;
}

/** Free pod addresses of a node, of the family of which it has fewest. */
interface Fewest {
  readonly node: string;
  readonly family: Family;
  readonly free: number;
  /** It may have no further subnet of that family. */
  readonly isFull: boolean;
}

/** How much a network has left, for its status and for CapacityOK. */
export interface Capacity {
  readonly figures: PodNetworkStatusCapacity;
  readonly verdict: Verdict<PodNetworkConditionType>;
}

/** What is left for new nodes and new pods. Subnets that are set aside for a node count as given. */
export function capacityOf(view: NetworkView): Capacity {
  const rooms = roomsOf(view);
  const isOpen = isUsable(view.network, view.acceptance);
  const nodesUntilExhaustion = isOpen ? Math.min(...rooms.map(({ free }) => free)) : 0;
  const reports = view.members.map(({ member }) => freeAddresses(member));
  const totals = totalsOf(reports);
  const fewest = reports.flatMap((report, index) => fewestOf(report, view.members[index]?.member) ?? []);
  const [lowest] = fewest.toSorted((a, b) => a.free - b.free || compareText(a.node, b.node));
  return {
    figures: {
      nodesUntilExhaustion,
      freeIPs: totals.length === 0 ? 0 : Math.min(...totals),
      ...(lowest !== undefined && { lowestFreeIPsNode: lowest.node }),
    },
    verdict: { type: "CapacityOK", ...verdictOf(view, rooms, fewest, nodesUntilExhaustion) },
  };
}

type Judgement = Omit<Verdict, "type">;

function verdictOf(view: NetworkView, rooms: readonly Room[], fewest: readonly Fewest[], nodes: number): Judgement {
  const { network } = view;
  const known = unjudged(view) ?? exhaustion(view, rooms);
  if (known !== undefined) return known;
  const short = shortOf(view, fewest);
  if (short.length > 0) {
    const places = listOf(short, ({ node, family, free }) => `${node} (${free} free ${familyName(family)} addresses)`);
    const message = `running out of pod addresses with no further subnet allowed: ${places}; raise spec.growth.maxSubnetsPerNode or move pods`;
    return { status: "False", reason: "CapacityLow", message };
  }
  if (network.deleting) return { status: "True", reason: "Enough", message: "it is being deleted and takes no more nodes" };
  if (rooms.some(({ free, total }) => free * 10 < total)) {
    const left = rooms.map(({ family, free, total }) => `${free} of ${total} ${familyName(family)} subnets`).join(", ");
    return { status: "False", reason: "CapacityLow", message: `less than a tenth is free: ${left}; ${appendTo(network)}` };
  }
  return { status: "True", reason: "Enough", message: `room for ${countOf(nodes, "more node")}` };
}

/** Where it cannot be said what is left. */
function unjudged({ network, acceptance, isServicesUnseen }: NetworkView): Judgement | undefined {
  if (network.issues.length > 0)
    return { status: "Unknown", reason: "InvalidSpec", message: "spec cannot be read; see Accepted" };
  if (network.deleting) return undefined;
  const message = "new nodes get nothing while a range is not accepted; see Accepted";
  if (acceptance.refused.length > 0 && !isUsable(network, acceptance))
    return { status: "Unknown", reason: "RangeNotAccepted", message };
  return isServicesUnseen ? { status: "Unknown", reason: "ServicesUnseen", message: servicesUnseen } : undefined;
}

/** A network that is being deleted lacks only what its nodes need. */
function exhaustion({ network, failures }: NetworkView, rooms: readonly Room[]): Judgement | undefined {
  const exhausted = failures.filter(({ code }) => code === "RangeExhausted");
  const empty = rooms.filter(({ free }) => free === 0);
  const isFull = !network.deleting && (rooms.length === 0 || empty.length > 0);
  if (!isFull && exhausted.length === 0) return undefined;
  const families = empty.length === 0 ? "" : ` ${empty.map(({ family }) => familyName(family)).join(" and no ")}`;
  const wanting =
    exhausted.length === 0 ? "" : `; ${renderFirst([...new Set(exhausted.map(({ node }) => node))])} would need one`;
  const message = `no${families} subnet is left${wanting}; ${appendTo(network)}`;
  return { status: "False", reason: "RangeExhausted", message };
}

function appendTo({ name }: Network): string {
  return `append a range to spec.ranges of PodNetwork/${name}`;
}

/** Per family that new nodes get a subnet of. */
function roomsOf({ network, acceptance, cluster }: NetworkView): Room[] {
  const statics = network.statics.map(({ prefix }) => prefix);
  const byFamily = Map.groupBy(givingRanges(acceptance), (range) => range.prefix.family);
  return Array.from(byFamily, ([family, ranges]) => {
    const counts = ranges.map((range) => {
      const use = useOf(range, network, cluster.occupancy);
      return countSubnets({ ...use, reserved: [...use.reserved, ...statics] });
    });
    const sum = (field: "free" | "total") => counts.reduce((total, count) => total + count[field], 0);
    return { family, free: sum("free"), total: sum("total") };
  });
}

/** Family → free addresses of the subnets that new pods may get, as the node's agent last reported; undefined before it did. */
function freeAddresses({ record }: Member): ReadonlyMap<Family, number> | undefined {
  const { spec, status } = record?.object ?? {};
  if (spec === undefined || status?.subnets === undefined || status.nodeUID !== spec.nodeUID) return undefined;
  const reported = new Map(status.subnets.map(({ cidr, free }) => [cidr, free]));
  const sums = new Map<Family, number>();
  for (const { cidr, state } of spec.subnets) {
    const prefix = parsePrefix(cidr);
    const free = reported.get(cidr);
    if (state !== "Active" || free === undefined || isPrefixProblem(prefix)) continue;
    sums.set(prefix.family, (sums.get(prefix.family) ?? 0) + free);
  }
  return sums.size === 0 ? undefined : sums;
}

function totalsOf(reports: readonly (ReadonlyMap<Family, number> | undefined)[]): number[] {
  const sums = new Map<Family, number>();
  for (const report of reports) for (const [family, free] of report ?? []) sums.set(family, (sums.get(family) ?? 0) + free);
  return [...sums.values()];
}

function fewestOf(report: ReadonlyMap<Family, number> | undefined, member: Member | undefined): Fewest | undefined {
  const [least] = [...(report ?? [])].toSorted((a, b) => a[1] - b[1]);
  if (least === undefined || member === undefined) return undefined;
  const [family, free] = least;
  const count = member.claims.filter(({ prefix }) => prefix.family === family).length;
  return { node: member.node.name, family, free, isFull: count >= member.network.object.spec.growth.maxSubnetsPerNode };
}

function shortOf({ network }: NetworkView, fewest: readonly Fewest[]): Fewest[] {
  const { addBelowFreeIPs } = network.object.spec.growth;
  const mayGrow = addBelowFreeIPs > 0;
  return fewest.filter(({ free, isFull }) => free < Math.max(1, addBelowFreeIPs) && (isFull || !mayGrow));
}

import { canBeCut } from "../../crds/range-rules.ts";
import { selects } from "../../crds/selector.ts";
import type { NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Family } from "../../lib/net/address.ts";
import { parseLoosePrefix, type Prefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import { countOf } from "../../lib/text/counts.ts";
import { docPages } from "./doc-pages.ts";
import { belongsTo, claimPrefix } from "./use.ts";

/** What a write of a network is judged beside. */
export interface OutlookWorld {
  readonly networks: readonly PodNetwork[];
  readonly claims: readonly NodeSubnet[];
  readonly nodes: readonly Node[];
  /** What of the network's ranges nobody gets; see `setAside`. */
  readonly aside: readonly Prefix[];
  /** As `claimPrefix`, which it is by default. */
  readonly prefixOf?: ((claim: NodeSubnet) => Prefix | undefined) | undefined;
}

/** Whether a change may give nodes subnets, or take room from them. */
export function changesOutlook({ spec }: PodNetwork, old: PodNetwork | undefined): boolean {
  if (old === undefined) return true;
  const parts = ({ ranges, nodeSelector, priority, reserved, staticSubnets, overlapPolicy }: PodNetwork["spec"]) =>
    JSON.stringify([ranges, nodeSelector, priority, reserved, staticSubnets, overlapPolicy]);
  return parts(spec) !== parts(old.spec);
}

/**
 * What comes of a network, in a sentence: how many nodes get a subnet, and what is left then. Counted by the same rules as the operator's plan where no other
 * change is under way; `podnet plan` says which node gets what.
 */
export function outlookWarnings(candidate: PodNetwork, world: OutlookWorld): string[] {
  const rooms = roomsOf(candidate, world);
  if (rooms.length === 0) return [];
  const waiting = waitingNodes(candidate, world, rooms);
  const short = rooms.filter(({ free, family }) => free < (waiting.byFamily.get(family) ?? 0));
  const left = rooms.map(({ family, free, total }) => {
    return `${Math.max(0, free - (waiting.byFamily.get(family) ?? 0))} of ${total} IPv${family} node subnets`;
  });
  const those = waiting.nodes === 0 ? "no node" : countOf(waiting.nodes, "node");
  const gets = `${those} ${waiting.nodes > 1 ? "get" : "gets"} a subnet; ${left.join(" and ")} are left`;
  if (short.length > 0) {
    const counts = short.map(({ family, free }) => ({ family, count: (waiting.byFamily.get(family) ?? 0) - free }));
    const missing = counts.map(({ family, count }) => countOf(count, `IPv${family} node subnet`)).join(" and ");
    const are = counts.reduce((sum, { count }) => sum + count, 0) === 1 ? "is" : "are";
    return [
      `${countOf(waiting.nodes, "node")} would need a subnet, and ${missing} ${are} missing: append a range (${docPages.change})`,
    ];
  }
  const isLow = rooms.some(({ family, free, total }) => (free - (waiting.byFamily.get(family) ?? 0)) * 10 < total);
  return [isLow ? `${gets}, less than a tenth: append a range before more nodes come (${docPages.change})` : gets];
}

interface Room {
  readonly family: Family;
  readonly free: number;
  readonly total: number;
}

/** Of every family that nodes get subnets of. */
function roomsOf({ spec }: PodNetwork, { claims, aside, prefixOf = claimPrefix }: OutlookWorld): Room[] {
  const prefixesOf = (cidrs: readonly { readonly cidr: string }[]) => cidrs.flatMap(({ cidr }) => parseLoosePrefix(cidr) ?? []);
  const taken = claims.flatMap((claim) => prefixOf(claim) ?? []);
  const reserved = [...prefixesOf(spec.reserved ?? []), ...prefixesOf(spec.staticSubnets ?? []), ...aside];
  const ranges = spec.ranges.flatMap(({ cidr, nodePrefixLength: subnetLength, state }) => {
    const range = parseLoosePrefix(cidr);
    return range === undefined || state !== "Active" || !canBeCut(range, subnetLength) ? [] : [{ range, subnetLength }];
  });
  const byFamily = Map.groupBy(ranges, ({ range }) => range.family);
  return Array.from(byFamily, ([family, list]) => {
    const counts = list.map((one) => countSubnets({ ...one, taken, reserved }));
    const sum = (field: "free" | "total") => counts.reduce((all, count) => all + count[field], 0);
    return { family, free: sum("free"), total: sum("total") };
  });
}

function familiesOf(list: readonly { readonly cidr: string }[]): Set<Family> {
  return new Set(list.flatMap(({ cidr }) => parseLoosePrefix(cidr)?.family ?? []));
}

function claimFamilies(claims: readonly NodeSubnet[], { prefixOf = claimPrefix }: OutlookWorld): Set<Family> {
  return new Set(claims.flatMap((claim) => prefixOf(claim)?.family ?? []));
}

interface Waiting {
  readonly nodes: number;
  /** Nodes that lack a subnet of a family, without those that have one set aside. */
  readonly byFamily: ReadonlyMap<Family, number>;
}

/** Nodes that this network selects, that are no other's, and that lack a subnet of a family. */
function waitingNodes(candidate: PodNetwork, world: OutlookWorld, rooms: readonly Room[]): Waiting {
  const { networks, claims, nodes } = world;
  const { name, uid } = candidate.metadata;
  const serving = Map.groupBy(
    claims.filter(({ spec }) => spec.state !== "Held"),
    ({ spec }) => spec.node,
  );
  const families = new Map(Array.from(serving, ([node, list]) => [node, claimFamilies(list, world)]));
  const rivals = networks.filter((other) => isRival(candidate, other));
  const statics = Map.groupBy(candidate.spec.staticSubnets ?? [], ({ node }) => node);
  const byFamily = new Map<Family, number>();
  let count = 0;
  for (const { metadata } of nodes) {
    const labels = metadata.labels ?? {};
    const own = (serving.get(metadata.name) ?? []).map(({ spec }) => spec);
    const isOthers =
      own.length > 0
        ? !own.some((spec) => belongsTo({ name, uid }, spec))
        : rivals.some(({ spec }) => selects(spec.nodeSelector, labels));
    if (isOthers || metadata.deletionTimestamp !== undefined || !selects(candidate.spec.nodeSelector, labels)) continue;
    const lacking = rooms.filter(({ family }) => families.get(metadata.name)?.has(family) !== true);
    if (lacking.length > 0) count++;
    const aside = familiesOf(statics.get(metadata.name) ?? []);
    for (const { family } of lacking) if (!aside.has(family)) byFamily.set(family, (byFamily.get(family) ?? 0) + 1);
  }
  return { nodes: count, byFamily };
}

/** One that a node without subnets goes to before this one, or that leaves it with none. */
function isRival({ metadata, spec }: PodNetwork, other: PodNetwork): boolean {
  return (
    other.metadata.name !== metadata.name &&
    other.metadata.deletionTimestamp === undefined &&
    other.spec.priority >= spec.priority
  );
}

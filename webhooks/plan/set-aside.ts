import { selects } from "../../crds/selector.ts";
import type { PodNetworkRange, PodNetworkSpec } from "../../crds/types.ts";
import { parseLoosePrefix, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import type { Evidence } from "./evidence.ts";
import { type Neighbour, type Neighbours, neighboursOf, surroundings, type Surrounding } from "./surroundings.ts";

/** What of a network's ranges nobody gets, since others have it. */
export interface SetAside {
  readonly prefixes: readonly Prefix[];
  /** Why not all of it is known. */
  readonly problems: readonly string[];
}

/** As the operator sets it aside: addresses of Nodes whatever the policy, and of all else that for which spec.overlapPolicy says Reserve. */
export function setAside(spec: PodNetworkSpec, evidence: Evidence): SetAside {
  const parts = surroundings.filter((surrounding) => setsAside(spec, surrounding) || surrounding === "nodes");
  const found = parts.map((surrounding) => ({ surrounding, ...neighboursOf(surrounding, evidence) }));
  const prefixes = found.flatMap(({ surrounding, found }) => {
    const touching = spec.ranges.flatMap((range) => touchingOf(range, found, spec));
    return countedAside(surrounding, touching, spec).map(({ prefix }) => prefix);
  });
  return { prefixes, problems: found.flatMap(({ problem }) => problem ?? []) };
}

export function setsAside({ overlapPolicy }: PodNetworkSpec, surrounding: Surrounding): boolean {
  return overlapPolicy[surrounding] === "Reserve";
}

/** The neighbours that a range of the network touches; those that it may take over are none. */
export function touchingOf({ cidr }: PodNetworkRange, found: Neighbours, { nodeSelector }: PodNetworkSpec): Neighbour[] {
  const range = parseLoosePrefix(cidr);
  const touching = range === undefined ? [] : [...found.touching(range)];
  return touching.filter(({ ofNode }) => ofNode === undefined || !selects(nodeSelector, ofNode));
}

/**
 * Those of the neighbours of a class, all that touch the network, that take node subnets from it. Of routes that one node alone reports only such as lie within a
 * node subnet, so that nobody who can write the status of one node can set a whole range aside.
 */
export function countedAside(surrounding: Surrounding, touching: readonly Neighbour[], spec: PodNetworkSpec): Neighbour[] {
  if (surrounding === "services") return [...touching];
  if (surrounding === "nodes") return touching.filter(({ ofNode }) => ofNode === undefined || setsAside(spec, surrounding));
  const reports = Map.groupBy(touching, ({ prefix }) => renderPrefix(prefix));
  return [...reports.values()].flatMap((same) => {
    const isConfirmed = new Set(same.map(({ reportedBy }) => reportedBy)).size > 1;
    return same.filter(({ prefix }) => isConfirmed || isSmall(prefix, spec));
  });
}

/** Whether a prefix that touches the ranges of the network lies within one node subnet. */
function isSmall(prefix: Prefix, { ranges }: PodNetworkSpec): boolean {
  const lengths = ranges.flatMap(({ cidr, nodePrefixLength }) => {
    const range = parseLoosePrefix(cidr);
    return range !== undefined && prefixesOverlap(range, prefix) ? [nodePrefixLength] : [];
  });
  return lengths.every((length) => prefix.length >= length);
}

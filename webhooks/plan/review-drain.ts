import type { Issue } from "../../crds/issue.ts";
import { canBeCut } from "../../crds/range-rules.ts";
import type { NodeSubnet, PodNetworkRange, PodNetworkSpec } from "../../crds/types.ts";
import type { Family } from "../../lib/net/address.ts";
import { containsPrefix, parseLoosePrefix, type Prefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import { countOf } from "../../lib/text/counts.ts";
import type { Placed } from "./change.ts";
import type { Use } from "./use.ts";

/** What a drain is judged beside. */
export interface DrainWorld {
  /** Those of the network itself. */
  readonly uses: readonly Use[];
  /** Of every network. */
  readonly claims: readonly NodeSubnet[];
  /** What of the network's ranges nobody gets; see `setAside`. */
  readonly aside: readonly Prefix[];
}

/** A range begins to be drained only where its nodes find room elsewhere; one issue for each family. */
export function drainIssues(drained: readonly Placed<PodNetworkRange>[], spec: PodNetworkSpec, world: DrainWorld): Issue[] {
  const byFamily = Map.groupBy(drained, ({ value }) => parseLoosePrefix(value.cidr)?.family);
  return [...byFamily].flatMap(([family, ranges]): Issue[] => {
    if (family === undefined) return [];
    const started = ranges.filter(({ value }) => moving(world.uses, rangesOf([value], family)).length > 0);
    const [first] = started;
    if (first === undefined) return [];
    const { needed, room } = compareRoom(spec, family, world);
    if (needed <= room) return [];
    const cidrs = started.map(({ value }) => value.cidr).join(", ");
    const message = `${countOf(needed, "node")} would have to move off ${cidrs}, but the Active IPv${family} ranges have room for ${room}: ${countOf(needed - room, "node subnet")} missing; append a range in the same change, or first`;
    return [{ path: `${first.path}.state`, code: "NoRoom", message }];
  });
}

interface Room {
  /** Nodes that need a subnet from what is free for anybody. */
  readonly needed: number;
  /** Subnets free for anybody. */
  readonly room: number;
}

/** Counted for all ranges of the family that are being drained, since their nodes want the same room. */
function compareRoom(spec: PodNetworkSpec, family: Family, { uses, claims, aside }: DrainWorld): Room {
  const active = spec.ranges.filter(({ state }) => state === "Active");
  const draining = spec.ranges.filter(({ state }) => state === "Draining");
  const targets = rangesOf(active, family);
  const statics = spec.staticSubnets ?? [];
  const reserved = [...prefixesOf(spec.reserved ?? []), ...prefixesOf(statics), ...aside];
  const claimed = prefixesOf(claims.map((claim) => claim.spec));
  const room = targets.reduce((sum, { prefix, subnetLength }) => {
    const counts = countSubnets({ range: prefix, subnetLength, taken: claimed, reserved });
    return sum + counts.free;
  }, 0);
  const hasOther = new Set(moving(uses, targets));
  const hasStatic = new Set(
    statics
      .filter(({ cidr }) => liesIn(cidr, targets) && !claims.some(({ spec: { cidr: taken } }) => taken === cidr))
      .map(({ node }) => node),
  );
  const needed = moving(uses, rangesOf(draining, family)).filter((node) => !hasOther.has(node) && !hasStatic.has(node));
  return { needed: needed.length, room };
}

interface Target {
  readonly prefix: Prefix;
  readonly subnetLength: number;
}

function rangesOf(ranges: readonly PodNetworkRange[], family: Family): Target[] {
  return ranges.flatMap(({ cidr, nodePrefixLength }): Target[] => {
    const prefix = parseLoosePrefix(cidr);
    return prefix?.family === family && canBeCut(prefix, nodePrefixLength) ? [{ prefix, subnetLength: nodePrefixLength }] : [];
  });
}

/** Nodes, once each, that have a subnet in one of the ranges and are not done with it. */
function moving(uses: readonly Use[], ranges: readonly Target[]): string[] {
  const inside = uses.filter(({ prefix, isHeld }) => !isHeld && ranges.some((range) => containsPrefix(range.prefix, prefix)));
  return [...new Set(inside.map(({ node }) => node))];
}

function liesIn(cidr: string, ranges: readonly Target[]): boolean {
  const prefix = parseLoosePrefix(cidr);
  return prefix !== undefined && ranges.some((range) => containsPrefix(range.prefix, prefix));
}

function prefixesOf(entries: readonly { readonly cidr: string }[]): Prefix[] {
  return entries.flatMap(({ cidr }) => parseLoosePrefix(cidr) ?? []);
}

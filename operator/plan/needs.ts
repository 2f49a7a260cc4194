import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { type Acceptance, givingRanges, rangeOf } from "./accept.ts";
import type { ClaimCause } from "./claim-cause.ts";
import { keptPrefixes } from "./holding.ts";
import type { Belonging } from "./membership.ts";
import { familyName } from "./snapshot.ts";

/** One subnet that a node shall have beyond those it has. */
export interface Need {
  readonly family: Family;
  readonly cause: Extract<ClaimCause, "Assigned" | "Added">;
  /** e.g. `"the node has no IPv4 subnet"`. */
  readonly because: string;
  /** Only this one will do, or would be best. */
  readonly wish?: { readonly prefix: Prefix; readonly must: boolean };
  /** Without it the node lacks a family. */
  readonly vital: boolean;
}

/** What a node shall have beyond what it has, its statics first. */
export function needsOf(one: Belonging, acceptance: Acceptance | undefined, onTurn: boolean): Need[] {
  if (one.node.deleting) return [];
  const families = new Set(givingRanges(acceptance).map((range) => range.prefix.family));
  return [...families].flatMap((family) => familyNeeds(one, acceptance, family, onTurn));
}

/** Whether new pods get addresses of it: it lies in a range that nodes do not leave, or it is not yet the node's turn to leave that. */
export function isGiving(one: Belonging, acceptance: Acceptance | undefined, prefix: Prefix, onTurn: boolean): boolean {
  return !isToLeave(acceptance, prefix) || (!onTurn && !isNamedDraining(one, prefix));
}

/** Whether nodes leave the range it lies in: that is drained, or gone from its network. */
export function isToLeave(acceptance: Acceptance | undefined, prefix: Prefix): boolean {
  return rangeOf(acceptance, prefix)?.draining !== false;
}

/** Whether its NodeNetwork says that it is drained. */
export function isNamedDraining({ record }: Belonging, prefix: Prefix): boolean {
  const cidr = renderPrefix(prefix);
  return record?.object.spec.subnets.some((subnet) => subnet.cidr === cidr && subnet.state === "Draining") ?? false;
}

function familyNeeds(one: Belonging, acceptance: Acceptance | undefined, family: Family, onTurn: boolean): Need[] {
  const { network } = one;
  const all = keptPrefixes(one.holding);
  const has = all.filter((prefix) => prefix.family === family);
  const giving = has.filter((prefix) => isGiving(one, acceptance, prefix, onTurn));
  const isNew = all.length === 0;
  if (isNew && network.deleting) return [];
  const name = familyName(family);
  const statics = missingStatics(one, acceptance, has, family);
  const { maxSubnetsPerNode } = network.object.spec.growth;
  const least = giving.length === 0 ? 1 : 0;
  const extra = statics.slice(0, Math.max(least, maxSubnetsPerNode - has.length));
  const needs = extra.map((prefix, index): Need => {
    const because = `${renderPrefix(prefix)} is set aside for the node`;
    const vital = giving.length === 0 && index === 0;
    return { family, cause: "Assigned", because, wish: { prefix, must: true }, vital };
  });
  if (needs.length > 0) return needs;
  if (giving.length === 0) {
    const adopted = has.length === 0 ? adoptable(one, acceptance, family) : undefined;
    const why =
      has.length === 0
        ? ({ cause: "Assigned", because: `the node has no ${name} subnet` } as const)
        : ({ cause: "Added", because: `the node moves off a range, and has no other ${name} subnet` } as const);
    return [{ family, ...why, vital: true, ...(adopted !== undefined && { wish: { prefix: adopted, must: false } }) }];
  }
  return isShort(one, giving) && has.length < maxSubnetsPerNode
    ? [{ family, cause: "Added", because: `the node is short of free ${name} addresses`, vital: false }]
    : [];
}

function missingStatics(one: Belonging, acceptance: Acceptance | undefined, has: readonly Prefix[], family: Family): Prefix[] {
  return one.network.statics
    .filter(({ node, prefix }) => node === one.node.name && prefix.family === family)
    .map(({ prefix }) => prefix)
    .filter((prefix) => !isToLeave(acceptance, prefix))
    .filter((prefix) => !has.some((other) => comparePrefixes(other, prefix) === 0));
}

/** The podCIDR that the Node has already, where it can be its subnet: one set aside for another node cannot. */
export function adoptable(
  { node, network }: Pick<Belonging, "node" | "network">,
  acceptance: Acceptance | undefined,
  family: Family,
): Prefix | undefined {
  if (network.object.spec.adoption.nodePodCIDR === "Never") return undefined;
  const found = node.podCIDRs.find((prefix) => prefix.family === family && !isToLeave(acceptance, prefix));
  const isOthers = network.statics.some(
    (other) => found !== undefined && other.node !== node.name && comparePrefixes(other.prefix, found) === 0,
  );
  return isOthers ? undefined : found;
}

/** Judged only by a report that knows all of the subnets that new pods may get. */
function isShort({ record, network }: Belonging, giving: readonly Prefix[]): boolean {
  const { addBelowFreeIPs } = network.object.spec.growth;
  const { spec, status } = record?.object ?? {};
  if (addBelowFreeIPs === 0 || spec === undefined || status?.configGeneration !== spec.configGeneration) return false;
  const free = new Map((status.subnets ?? []).map((subnet) => [subnet.cidr, subnet.free]));
  const counts = giving.map((prefix) => free.get(renderPrefix(prefix)));
  return counts.every((count) => count !== undefined) && counts.reduce((sum, count) => sum + (count ?? 0), 0) < addBelowFreeIPs;
}

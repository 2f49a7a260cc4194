import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix } from "../../lib/net/prefix.ts";
import type { Belonging } from "./membership.ts";
import type { Need } from "./needs.ts";
import type { Claim } from "./snapshot.ts";

/** A node of a network, what it has of it and what it lacks. */
export interface Member extends Belonging {
  /** Whether it may change now. */
  readonly isOnTurn: boolean;
  /** What the node uses or is about to: claims its NodeNetwork names, and spare ones that meet a need. */
  readonly claims: readonly Claim[];
  /** Subnets it uses whose claims vanished; pods may have addresses of them, so the node gets these again. */
  readonly lost: readonly Prefix[];
  /** Claims of this node that it has no use for. */
  readonly surplus: readonly Claim[];
  /** What it needs beyond its claims. */
  readonly needs: readonly Need[];
  /** Families it still lacks. */
  readonly missing: readonly Family[];
  readonly hasNothing: boolean;
}

/** Lets spare claims meet needs; two operators with the same view let the same do. */
export function memberOf(one: Belonging, needs: readonly Need[], isOnTurn: boolean): Member {
  const { holding, record } = one;
  const used = reportedSpares(one);
  const open: Need[] = [];
  for (const need of needs) {
    const rest = holding.spare.filter((claim) => !used.includes(claim) && claim.prefix.family === need.family);
    const wished = rest.find(({ prefix }) => need.wish !== undefined && comparePrefixes(prefix, need.wish.prefix) === 0);
    const found = wished ?? (need.wish?.must === true ? undefined : rest[0]);
    if (found === undefined) open.push(need);
    else used.push(found);
  }
  const claims = [...holding.kept, ...used].toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  const spare = record === undefined ? [] : holding.spare.filter((claim) => !used.includes(claim));
  return {
    ...one,
    isOnTurn,
    claims,
    lost: holding.lost,
    surplus: [...spare, ...(record === undefined ? [] : holding.done)],
    needs: open,
    missing: open.filter(({ vital }) => vital).map(({ family }) => family),
    hasNothing: claims.length === 0 && holding.lost.length === 0 && holding.returning.length === 0,
  };
}

/** Whether a member has all the subnets that it shall have, and may use them. */
export function isComplete(member: Member): boolean {
  const { claims, lost, missing, holding } = member;
  const isUsable = claims.length > 0 && claims.every(({ object }) => object.spec.state !== "Pending");
  return isUsable && missing.length + lost.length + holding.returning.length === 0;
}

/** Spare claims that the node has all the same, as its agent says: its NodeNetwork went back in time. */
function reportedSpares({ node, record, holding }: Belonging): Claim[] {
  const { status } = record?.object ?? {};
  if (status?.nodeUID !== node.uid) return [];
  const has = new Set((status.subnets ?? []).map(({ cidr }) => cidr));
  return holding.spare.filter(({ object }) => has.has(object.spec.cidr));
}

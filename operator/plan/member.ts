import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import { type Holding, keptPrefixes } from "./holding.ts";
import type { Belonging } from "./membership.ts";
import { isToLeave, type Need } from "./needs.ts";
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

/** What decides about a member beside its needs. */
export interface MemberInput {
  readonly acceptance: Acceptance | undefined;
  readonly isOnTurn: boolean;
}

/** Lets spare claims meet needs; two operators with the same view let the same do. A network whose object cannot be read takes nothing away. */
export function memberOf(one: Belonging, needs: readonly Need[], { acceptance, isOnTurn }: MemberInput): Member {
  const { holding, record, network } = one;
  const used = needs.length > 0 ? [] : standingOf(holding);
  const open: Need[] = [];
  for (const need of needs) {
    const rest = fitting(one, need.family, acceptance).filter((claim) => !used.includes(claim));
    const wished = rest.find(({ prefix }) => need.wish !== undefined && comparePrefixes(prefix, need.wish.prefix) === 0);
    const found = wished ?? (need.wish?.must === true ? undefined : rest[0]);
    if (found === undefined) open.push(need);
    else used.push(found);
  }
  const claims = [...holding.kept, ...used].toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  const unused = [...holding.spare.filter((claim) => !used.includes(claim)), ...holding.done];
  return {
    ...one,
    isOnTurn,
    claims,
    lost: holding.lost,
    surplus: record === undefined || network.issues.length > 0 ? [] : unused,
    needs: open,
    missing: open.filter(({ vital }) => vital).map(({ family }) => family),
    hasNothing: claims.length === 0 && holding.lost.length === 0 && holding.returning.length === 0,
  };
}

/** The lowest Active claim of each family, for a node without anything else that gets nothing new, as when it is being deleted. */
function standingOf({ kept, returning, lost, spare }: Holding): Claim[] {
  if (kept.length + returning.length + lost.length > 0) return [];
  const active = spare.filter(({ object }) => object.spec.state === "Active");
  return active.filter(({ prefix }, at) => active.findIndex((other) => other.prefix.family === prefix.family) === at);
}

/** Spare claims of a family; of a range that nodes leave only where the node has no other subnet of it. */
function fitting({ holding }: Belonging, family: Family, acceptance: Acceptance | undefined): Claim[] {
  const all = holding.spare.filter(({ prefix }) => prefix.family === family);
  const [staying = [], leaving = []] = [false, true].map((leave) =>
    all.filter(({ prefix }) => isToLeave(acceptance, prefix) === leave),
  );
  return keptPrefixes(holding).some((prefix) => prefix.family === family) ? staying : [...staying, ...leaving];
}

/** Whether a member has all the subnets that it shall have, and may use them. */
export function isComplete(member: Member): boolean {
  const { claims, lost, missing, holding } = member;
  const isUsable = claims.length > 0 && claims.every(({ object }) => object.spec.state !== "Pending");
  return isUsable && missing.length + lost.length + holding.returning.length === 0;
}

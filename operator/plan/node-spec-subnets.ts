import type { NodeNetworkSubnet } from "../../crds/types.ts";
import { comparePrefixes, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import type { Member } from "./member.ts";
import { isGiving, isNamedDraining } from "./needs.ts";

/**
 * The subnets a member's NodeNetwork shall name: those for new pods first, each part in the order the node already has them, then by address.
 * 1. One is named when its claim counts; one that is named already stays so while its claim is being brought back. 2. One that the node shall leave is Draining, once another one of its
 * family gives addresses. 3. A Draining one goes when its agent found it empty for long enough.
 */
export function subnetsOf(member: Member, acceptance: Acceptance | undefined): NodeNetworkSubnet[] {
  const counting = member.claims.filter(({ object }) => object.spec.state !== "Pending");
  const others = [...member.claims, ...member.holding.returning].map(({ prefix }) => prefix).concat(member.lost);
  const all = inOrder(member, [...counting.map(({ prefix }) => prefix), ...others.filter((prefix) => isNamed(member, prefix))]);
  const giving = all.filter((prefix) => isGiving(member, acceptance, prefix, member.isOnTurn));
  const rest = all.filter((prefix) => !giving.includes(prefix));
  const hasOther = ({ family }: Prefix) => giving.some((prefix) => prefix.family === family);
  const stay = rest.filter((prefix) => !hasOther(prefix));
  const draining = rest.filter((prefix) => hasOther(prefix) && !isDrained(member, prefix));
  return [
    ...[...giving, ...stay].map((prefix) => ({ cidr: renderPrefix(prefix), state: "Active" as const })),
    ...draining.map((prefix) => ({ cidr: renderPrefix(prefix), state: "Draining" as const })),
  ];
}

function isNamed({ record }: Member, prefix: Prefix): boolean {
  return record?.subnets.some((other) => comparePrefixes(other, prefix) === 0) ?? false;
}

function inOrder({ record }: Member, prefixes: readonly Prefix[]): Prefix[] {
  const sorted = prefixes
    .toSorted(comparePrefixes)
    .filter((prefix, at, all) => at === 0 || comparePrefixes(prefix, all[at - 1] ?? prefix) !== 0);
  const before = (record?.subnets ?? []).flatMap((prefix) => sorted.find((other) => comparePrefixes(other, prefix) === 0) ?? []);
  return [...new Set([...before, ...sorted])];
}

/** Its agent says so of this very spec, and its claim says that it is drained, so that everybody could see it. */
function isDrained(member: Member, prefix: Prefix): boolean {
  const { record, claims } = member;
  const { spec, status } = record?.object ?? {};
  const claim = claims.find((candidate) => comparePrefixes(candidate.prefix, prefix) === 0);
  const isTold = isNamedDraining(member, prefix) && claim?.object.spec.state === "Draining";
  if (!isTold || spec === undefined || status?.configGeneration !== spec.configGeneration) return false;
  const reported = (status.subnets ?? []).find(({ cidr }) => cidr === renderPrefix(prefix));
  return reported?.drained === true && reported.leases === 0;
}

import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix } from "../../lib/net/prefix.ts";
import { type Acceptance, acceptRanges, rangeOf } from "./accept.ts";
import { type ClaimCause, causeWords } from "./claim-cause.ts";
import { keptPrefixes } from "./holding.ts";
import { type Member, memberOf } from "./member.ts";
import { type Ambiguity, type Belonging, membership } from "./membership.ts";
import { adoptable, type Need, needsOf } from "./needs.ts";
import { type Occupancy, occupancy } from "./occupancy.ts";
import { createPool, type FreeSubnet, type Pool } from "./pool.ts";
import { type AllocationFailure, recoveryFailure, refusalOf, servicesFailure, staticFailure, withOthers } from "./refusal.ts";
import { nodesOnTurn } from "./rollout.ts";
import { isServicesUnseen } from "./set-aside.ts";
import type { LedgerEntry, Network, NodeFacts, Snapshot } from "./snapshot.ts";
import type { Unserved } from "./unserved.ts";

/** A subnet to claim for a node. */
export interface NewClaim {
  readonly node: NodeFacts;
  readonly network: Network;
  readonly prefix: Prefix;
  /** The open entry of the ledger that it is cut from. */
  readonly entry: LedgerEntry;
  readonly cause: ClaimCause;
  /** e.g. `"the node has no IPv4 subnet"`. */
  readonly because: string;
}

/** What each node has and what it shall get. */
export interface Allocation {
  readonly acceptance: ReadonlyMap<string, Acceptance>;
  readonly occupancy: Occupancy;
  /** In the order in which nodes are served. */
  readonly members: readonly Member[];
  /** To be created; each may turn out to be taken, then plan again. */
  readonly creates: readonly NewClaim[];
  readonly failures: readonly AllocationFailure[];
  readonly ambiguities: readonly Ambiguity[];
  /** Names of nodes that no network selects. */
  readonly unselected: readonly string[];
  readonly unserved: readonly Unserved[];
}

/**
 * The plan of all subnets. It depends on no list's order. 1. What a node has it keeps. 2. A node that needs a subnet gets the one set aside for it, else the
 * lowest free one of the first range with room; a node that has nothing gets all its families or none. 3. Nothing given overlaps a claim, a reserved prefix,
 * what an agent says it has, or another one given. 4. Everything given lies in an open entry of the ledger. 5. With its own creates among the claims, the
 * plan is empty.
 */
export function allocate(snapshot: Snapshot): Allocation {
  const acceptance = acceptRanges(snapshot);
  const use = occupancy(snapshot);
  const { belongings, ambiguities, unselected, unserved } = membership(snapshot, acceptance);
  const onTurn = turns(belongings, acceptance);
  const pools = createPools(belongings, acceptance, use);
  const members: Member[] = [];
  const creates: NewClaim[] = [];
  const failures: AllocationFailure[] = [];
  for (const one of belongings) {
    const accepted = acceptance.get(one.network.uid);
    const isOnTurn = onTurn.has(one.node.name);
    const member = memberOf(one, needsOf(one, accepted, isOnTurn), { acceptance: accepted, isOnTurn });
    members.push(member);
    const isBlind = isServicesUnseen(one.network, snapshot);
    const service = { pools, acceptance: accepted, isRecovering: snapshot.ledger?.recovering ?? true, isBlind };
    const { given, failed } = serve(member, service);
    creates.push(...given);
    failures.push(...failed);
  }
  return { acceptance, occupancy: use, members, creates, failures, ambiguities, unselected, unserved };
}

function turns(belongings: readonly Belonging[], acceptance: ReadonlyMap<string, Acceptance>): ReadonlySet<string> {
  const byNetwork = Map.groupBy(belongings, ({ network }) => network);
  return new Set([...byNetwork].flatMap(([network, list]) => [...nodesOnTurn(network, list, acceptance.get(network.uid))]));
}

type Pools = (network: Network, family: Family) => Pool;

/** One pool per network and family. Statics, and the podCIDRs of nodes that have nothing yet, are kept for those nodes. */
function createPools(belongings: readonly Belonging[], acceptance: ReadonlyMap<string, Acceptance>, use: Occupancy): Pools {
  const wishes = Map.groupBy(
    belongings.flatMap((one) => wishesOf(one, acceptance.get(one.network.uid))),
    ({ networkUID }) => networkUID,
  );
  const pools = new Map<string, Pool>();
  return (network, family) => {
    const key = `${network.uid}/${family}`;
    const known = pools.get(key);
    if (known !== undefined) return known;
    const setAside = [...network.statics, ...(wishes.get(network.uid) ?? [])].map(({ prefix }) => prefix);
    const pool = createPool(network, family, acceptance.get(network.uid), use, setAside);
    pools.set(key, pool);
    return pool;
  };
}

/** The podCIDRs that a node may still get as its first subnets. */
function wishesOf(
  one: Belonging,
  acceptance: Acceptance | undefined,
): { readonly networkUID: string; readonly prefix: Prefix }[] {
  const has = new Set(keptPrefixes(one.holding).map(({ family }) => family));
  const lacking = ([4, 6] as const).filter((family) => !has.has(family));
  const prefixes = lacking.flatMap((family) => adoptable(one, acceptance, family) ?? []);
  return prefixes.map((prefix) => ({ networkUID: one.network.uid, prefix }));
}

interface Service {
  readonly pools: Pools;
  readonly acceptance: Acceptance | undefined;
  readonly isRecovering: boolean;
  /** It is not known where Services are, which the network keeps away from. */
  readonly isBlind: boolean;
}

/** What a member gets of what it needs, and why it does not get the rest. */
function serve(member: Member, service: Service): { readonly given: NewClaim[]; readonly failed: AllocationFailure[] } {
  const { node, network, lost, needs } = member;
  const again = lost.flatMap((prefix): NewClaim[] => {
    const entry = rangeOf(service.acceptance, prefix)?.entry;
    return entry === undefined ? [] : [{ node, network, prefix, entry, cause: "Repaired", because: causeWords.Repaired }];
  });
  const refusal = refusalOf(member, service.acceptance);
  if (refusal !== undefined) return { given: again, failed: [refusal] };
  if (needs.length === 0) return { given: again, failed: [] };
  if (service.isRecovering) return { given: again, failed: [recoveryFailure(member)] };
  if (service.isBlind) return { given: again, failed: [servicesFailure(member)] };
  const poolOf = (need: Need) => service.pools(network, need.family);
  const wanting = needs.flatMap((need) => {
    const failure = failureOf(member, need, poolOf(need));
    return failure === undefined ? [] : [{ need, failure }];
  });
  const failed = wanting.map(({ failure }) => failure);
  if (member.hasNothing && failed.some(({ isVital }) => isVital)) {
    const full = new Set(wanting.map(({ need }) => need.family));
    const others = new Set(needs.map(({ family }) => family).filter((family) => !full.has(family)));
    return { given: again, failed: failed.map((failure) => withOthers(failure, [...others])) };
  }
  const given = needs.flatMap((need): NewClaim[] => {
    const found = take(need, poolOf(need));
    return found === undefined ? [] : [{ node, network, ...found, ...whyGiven(need, found) }];
  });
  return { given: [...again, ...given], failed };
}

function take({ wish }: Need, pool: Pool): FreeSubnet | undefined {
  const wished = wish === undefined ? undefined : pool.takeExactly(wish.prefix);
  return wished ?? (wish?.must === true ? undefined : pool.take());
}

function whyGiven({ wish, cause, because }: Need, { prefix }: FreeSubnet): Pick<NewClaim, "cause" | "because"> {
  const isWished = wish !== undefined && comparePrefixes(wish.prefix, prefix) === 0;
  return isWished && !wish.must ? { cause: "Adopted", because: causeWords.Adopted } : { cause, because };
}

function failureOf(member: Member, need: Need, pool: Pool): AllocationFailure | undefined {
  const { wish, vital } = need;
  if (wish?.must === true) return pool.isFree(wish.prefix) ? undefined : staticFailure(member, wish.prefix, vital);
  if (pool.next() !== undefined || (wish !== undefined && pool.isFree(wish.prefix))) return undefined;
  return {
    node: member.node.name,
    networkUID: member.network.uid,
    code: "RangeExhausted",
    message: pool.whyEmpty(),
    isVital: vital,
  };
}

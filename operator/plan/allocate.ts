import type { Family } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { countSubnets, freeSubnets, type RangeUse } from "../../lib/net/ranges.ts";
import { type Acceptance, acceptRanges, isUsable } from "./accept.ts";
import { type Member, members } from "./members.ts";
import { type Occupancy, occupancy } from "./occupancy.ts";
import { familyName, type Network, type NodeFacts, type Snapshot } from "./snapshot.ts";

/** A subnet to claim for a node. */
export interface NewClaim {
  readonly node: NodeFacts;
  readonly network: Network;
  readonly prefix: Prefix;
  /** e.g. `"node-1 has no IPv4 subnet of default"`. */
  readonly because: string;
}

/** Why a node gets no subnet of a family. */
export interface AllocationFailure {
  readonly node: string;
  readonly networkUID: string;
  readonly code: "RangeExhausted" | "RangeNotAccepted";
  /** What is wrong and what to do; the same for every node of the network and family. */
  readonly message: string;
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
}

/**
 * The plan of all subnets. It depends on no list's order. 1. What a node has it keeps. 2. A node lacking a family gets the lowest free subnet of the first
 * range with room; a node that has nothing gets all its families or none. 3. Nothing given overlaps a claim, a reserved prefix or another one given.
 * 4. With its own creates among the claims, the plan is empty.
 */
export function allocate(snapshot: Snapshot): Allocation {
  const acceptance = acceptRanges(snapshot.networks, snapshot.claims);
  const use = occupancy(snapshot, acceptance);
  const all = members(snapshot, acceptance);
  const creates: NewClaim[] = [];
  const failures: AllocationFailure[] = [];
  const pools = new Map<string, Pool>();
  const poolOf = (network: Network, family: Family): Pool => {
    const key = `${network.uid}/${family}`;
    const pool = pools.get(key) ?? createPool(network, family, acceptance.get(network.uid), use);
    pools.set(key, pool);
    return pool;
  };
  for (const member of all) {
    const needs = member.missing.map((family) => ({ family, pool: poolOf(member.network, family) }));
    const failed = needs.filter(({ pool }) => pool.next() === undefined);
    const refusal = refusalOf(member, acceptance.get(member.network.uid));
    if (refusal !== undefined) failures.push(refusal);
    else
      failures.push(
        ...failed.map(({ pool }) => ({ ...identity(member), code: "RangeExhausted" as const, message: pool.whyEmpty() })),
      );
    creates.push(...member.lost.map((prefix) => newClaim(member, prefix, "its claim vanished while the node uses it")));
    const hasNothing = member.claims.length === 0 && member.lost.length === 0;
    if (refusal !== undefined || (hasNothing && failed.length > 0)) continue;
    for (const { family, pool } of needs) {
      const prefix = pool.take();
      if (prefix !== undefined) creates.push(newClaim(member, prefix, `the node has no ${familyName(family)} subnet`));
    }
  }
  return { acceptance, occupancy: use, members: all, creates, failures };
}

/** The free subnets of one family of one network, lowest first. */
interface Pool {
  next(): Prefix | undefined;
  take(): Prefix | undefined;
  whyEmpty(): string;
}

function createPool(network: Network, family: Family, acceptance: Acceptance | undefined, use: Occupancy): Pool {
  const ranges = (acceptance?.accepted ?? []).filter((range) => range.prefix.family === family);
  const taken = use.takenFrom(network);
  const uses = ranges.map(({ prefix, subnetLength }) => ({ range: prefix, subnetLength, taken, reserved: network.reserved }));
  const free = freeOf(uses);
  let head: Prefix | undefined = free.next().value;
  let why: string | undefined;
  return {
    next: () => head,
    take() {
      const prefix = head;
      head = free.next().value;
      return prefix;
    },
    whyEmpty() {
      why ??= `no ${familyName(family)} subnet is left for new nodes: ${uses
        .map((range) => {
          const counts = countSubnets(range);
          return `${renderPrefix(range.range)} has ${counts.total} of length /${range.subnetLength}, ${counts.reserved} reserved`;
        })
        .join("; ")}; append a range to spec.ranges of PodNetwork/${network.name}`;
      return why;
    },
  };
}

function* freeOf(uses: readonly RangeUse[]): Generator<Prefix, undefined> {
  for (const use of uses) yield* freeSubnets(use);
  return undefined;
}

function newClaim({ node, network }: Member, prefix: Prefix, because: string): NewClaim {
  return { node, network, prefix, because };
}

function identity(member: Member): Pick<AllocationFailure, "node" | "networkUID"> {
  return { node: member.node.name, networkUID: member.network.uid };
}

/** A node that has nothing yet does not begin with half of what its network promises. */
function refusalOf(member: Member, acceptance: Acceptance | undefined): AllocationFailure | undefined {
  const { network } = member;
  if (member.claims.length > 0 || member.lost.length > 0 || network.deleting || isUsable(network, acceptance)) return undefined;
  const refused = (acceptance?.refused ?? []).map(
    ({ range, by }) => `${range.cidr} overlaps ${by.cidr} of PodNetwork/${by.network}`,
  );
  return {
    ...identity(member),
    code: "RangeNotAccepted",
    message: `new nodes get nothing while a range is not accepted: ${refused.join("; ")}; change spec.ranges of one of the two`,
  };
}

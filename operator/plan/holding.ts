import type { NodeNetworkStatus } from "../../crds/types.ts";
import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import { type Acceptance, rangeOf } from "./accept.ts";
import { type PrefixIndex, indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { Claim, LedgerEntry, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { unclaimedPrefixes } from "./unclaimed.ts";

/** What a node has of its network. No claim stands in two of the lists. */
export interface Holding {
  /** Claims that its NodeNetwork names. */
  readonly kept: readonly Claim[];
  /** Claims that it does not name, fit to be named: Active, or Pending and still good. Lowest first. */
  readonly spare: readonly Claim[];
  /** Subnets it has, as its agent, its NodeNetwork or other agents say, whose claims vanished; it gets these again. */
  readonly lost: readonly Prefix[];
  /** Held claims that it gets back: a drain undone by a restore, a claim that others missed before its agent was heard, or one of an earlier Node object of the same machine. */
  readonly returning: readonly Claim[];
  /** Claims that it has no use for: drained and no longer named, or of another network. */
  readonly done: readonly Claim[];
}

/** A node with all that refers to it. */
export interface NodeContext {
  readonly node: NodeFacts;
  readonly network: Network;
  /** Claims of this very node that are good, of whatever network and state. */
  readonly own: readonly Claim[];
  /** Claims of an earlier Node object of its name. */
  readonly earlier: readonly Claim[];
  readonly record: NodeRecord | undefined;
  /** The NodeNetwork of its name, whomever it was written for. */
  readonly named: NodeRecord | undefined;
}

/** Every subnet that a node keeps: those that it uses, and those whose claims come back to it. */
export function keptPrefixes({ kept, returning, lost }: Holding): Prefix[] {
  return [...kept, ...returning].map(({ prefix }) => prefix).concat(lost);
}

/** What must be known of all others to say what one node has. */
export interface Surroundings {
  readonly entries: PrefixIndex<LedgerEntry>;
  readonly incarnation: string | undefined;
  /** UID of a Node → prefixes without a claim that it, and no other one, has. */
  readonly unclaimed: ReadonlyMap<string, readonly Prefix[]>;
}

/** All that `holdingOf` looks up. */
export function surroundingsOf(snapshot: Snapshot): Surroundings {
  const { ledger } = snapshot;
  return {
    entries: indexPrefixes(ledger?.entries ?? []),
    incarnation: ledger?.incarnation,
    unclaimed: unclaimedPrefixes(snapshot),
  };
}

/** What a node has of its network. */
export function holdingOf(context: NodeContext, acceptance: Acceptance | undefined, around: Surroundings): Holding {
  const { network, own, record } = context;
  const reported = new Set(reportOf(context)?.subnets?.map(({ cidr }) => cidr));
  const used = usedSubnets(context);
  const home = own.filter(({ object }) => object.spec.networkUID === network.uid);
  const named = record?.object.spec.networkUID === network.uid ? record.subnets : [];
  /** One that its agent has although its NodeNetwork does not name it: that went back in time, or was lost, be it with the claim. One that is being drained was dropped. */
  const isNamed = ({ prefix, object: { spec } }: Claim) =>
    named.some((other) => comparePrefixes(other, prefix) === 0) ||
    (spec.state === "Held" ? used.has(spec.cidr) : spec.state !== "Draining" && reported.has(spec.cidr));
  const unnamed = home.filter((claim) => !isNamed(claim) && claim.object.spec.state !== "Held");
  return {
    kept: home.filter((claim) => isNamed(claim) && claim.object.spec.state !== "Held").toSorted(compareClaims),
    spare: unnamed.filter(({ object }) => object.spec.state !== "Draining").toSorted(compareClaims),
    lost: (around.unclaimed.get(context.node.uid) ?? []).filter((prefix) => rangeOf(acceptance, prefix) !== undefined),
    returning: [...home.filter((claim) => isNamed(claim) && claim.object.spec.state === "Held"), ...comingBack(context)].filter(
      ({ prefix }) => rangeOf(acceptance, prefix) !== undefined,
    ),
    done: [
      ...unnamed.filter(({ object }) => object.spec.state === "Draining"),
      ...own.filter(({ object }) => object.spec.networkUID !== network.uid && object.spec.state !== "Held"),
    ],
  };
}

/** What a node's agent says that it has and has not found empty. */
export function usedSubnets(context: Pick<NodeContext, "node" | "named">): ReadonlySet<string> {
  return new Set(reportOf(context)?.subnets?.flatMap(({ cidr, drained }) => (drained === true ? [] : [cidr])));
}

/** What the agent of its machine said last, be it for an earlier Node object of that. */
function reportOf({ node, named }: Pick<NodeContext, "node" | "named">): NodeNetworkStatus | undefined {
  const { status } = named?.object ?? {};
  const isOfMachine = node.machineID !== undefined && status?.machineID === node.machineID;
  return status?.nodeUID === node.uid || isOfMachine ? status : undefined;
}

/** Whether a claim is more than a leftover: a Pending one counts only under the very entry that it was planned from. */
export function isGood(
  { object }: Pick<Claim, "object">,
  { entries, incarnation }: Pick<Surroundings, "entries" | "incarnation">,
): boolean {
  const { spec } = object;
  if (spec.state !== "Pending") return true;
  const prefix = parsePrefix(spec.cidr);
  if (isPrefixProblem(prefix)) return false;
  const entry = entries.around(prefix);
  return (
    entry !== undefined &&
    entry.open &&
    entry.subnetLength === prefix.length &&
    entry.epoch === spec.epoch &&
    entry.networkUID === spec.networkUID &&
    spec.incarnation === incarnation
  );
}

/** Claims of an earlier Node object of the same machine, whose agent says that it has them. */
export function comingBack({ node, network, earlier, named }: Omit<NodeContext, "own" | "record">): Claim[] {
  const has = new Set(reportOf({ node, named })?.subnets?.map(({ cidr }) => cidr));
  const nodeUID = named?.object.spec.nodeUID;
  return earlier.filter(
    ({ object }) =>
      object.spec.state !== "Pending" &&
      object.spec.networkUID === network.uid &&
      object.spec.nodeUID === nodeUID &&
      has.has(object.spec.cidr),
  );
}

function compareClaims(a: Claim, b: Claim): number {
  return comparePrefixes(a.prefix, b.prefix);
}

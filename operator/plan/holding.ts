import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix, renderPrefix } from "../../lib/net/prefix.ts";
import { type Acceptance, rangeOf } from "./accept.ts";
import { type EntryIndex, indexEntries } from "./entry-index.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/** What a node has of its network. No claim stands in two of the lists. */
export interface Holding {
  /** Claims that its NodeNetwork names. */
  readonly kept: readonly Claim[];
  /** Claims that it does not name, fit to be named: Active, or Pending and still good. Lowest first. */
  readonly spare: readonly Claim[];
  /** Subnets it uses, as its NodeNetwork or its agent says, whose claims vanished; it gets these again. */
  readonly lost: readonly Prefix[];
  /** Held claims that it gets back: a drain undone by a restore, or an earlier Node object of the same machine. */
  readonly returning: readonly Claim[];
  /** Claims that it has no use for: drained and no longer named, or of another network. */
  readonly done: readonly Claim[];
}

/** A node with all that refers to it. */
export interface Held {
  readonly node: NodeFacts;
  readonly network: Network;
  /** Claims of this very node, of whatever network and state. */
  readonly own: readonly Claim[];
  /** Claims of an earlier Node object of its name. */
  readonly earlier: readonly Claim[];
  readonly record: NodeRecord | undefined;
  /** The NodeNetwork of its name, whomever it was written for. */
  readonly named: NodeRecord | undefined;
}

/** What must be known of all others to say what one node has. */
export interface Surroundings {
  readonly entries: EntryIndex;
  readonly incarnation: string | undefined;
  /** By their prefix as text. */
  readonly claims: ReadonlySet<string>;
  /** Prefix as text → the nodes whose agents say they have it. */
  readonly reporters: ReadonlyMap<string, readonly string[]>;
}

/** All that `holdingOf` looks up. */
export function surroundingsOf({ ledger, claims, records }: Snapshot): Surroundings {
  const reports = records.flatMap(({ node, object }) => (object.status?.subnets ?? []).map(({ cidr }) => ({ node, cidr })));
  const byCidr = Map.groupBy(reports, ({ cidr }) => cidr);
  return {
    entries: indexEntries(ledger?.entries ?? []),
    incarnation: ledger?.incarnation,
    claims: new Set(claims.map(({ object }) => object.spec.cidr)),
    reporters: new Map(Array.from(byCidr, ([cidr, list]) => [cidr, list.map(({ node }) => node)])),
  };
}

/** What a node has of its network. */
export function holdingOf(held: Held, acceptance: Acceptance | undefined, around: Surroundings): Holding {
  const { network, own, record } = held;
  const home = own.filter(({ object }) => object.spec.networkUID === network.uid && isGood({ object }, around));
  const named = record?.object.spec.networkUID === network.uid ? record.subnets : [];
  const isNamed = ({ prefix }: Claim) => named.some((other) => comparePrefixes(other, prefix) === 0);
  const isUnclaimed = (prefix: Prefix) => !around.claims.has(renderPrefix(prefix));
  const unnamed = home.filter((claim) => !isNamed(claim) && claim.object.spec.state !== "Held");
  return {
    kept: home.filter((claim) => isNamed(claim) && claim.object.spec.state !== "Held").toSorted(compareClaims),
    spare: unnamed.filter(({ object }) => object.spec.state !== "Draining").toSorted(compareClaims),
    lost: unique([...named, ...reportedAlone(held, around)])
      .filter((prefix) => isUnclaimed(prefix) && rangeOf(acceptance, prefix) !== undefined)
      .toSorted(comparePrefixes),
    returning: [...home.filter((claim) => isNamed(claim) && claim.object.spec.state === "Held"), ...comingBack(held)].filter(
      ({ prefix }) => rangeOf(acceptance, prefix) !== undefined,
    ),
    done: [
      ...unnamed.filter(({ object }) => object.spec.state === "Draining"),
      ...own.filter(({ object }) => object.spec.networkUID !== network.uid && object.spec.state !== "Held"),
    ],
  };
}

/** Whether a claim is more than a leftover: a Pending one counts only under the very entry that it was planned from. */
export function isGood(
  { object }: Pick<Claim, "object">,
  { entries, incarnation }: Pick<Surroundings, "entries" | "incarnation">,
): boolean {
  const { spec } = object;
  if (spec.state !== "Pending") return true;
  const prefix = parsePrefix(spec.cidr);
  const entry = isPrefixProblem(prefix) ? undefined : entries.around(prefix);
  return (
    entry !== undefined &&
    entry.open &&
    entry.epoch === spec.epoch &&
    entry.networkUID === spec.networkUID &&
    spec.incarnation === incarnation
  );
}

/** Claims of an earlier Node object of the same machine, whose agent says that it has them. */
export function comingBack({ node, network, earlier, named }: Omit<Held, "own" | "record">): Claim[] {
  const { spec, status } = named?.object ?? {};
  if (node.machineID === undefined || status?.machineID !== node.machineID) return [];
  const has = new Set((status.subnets ?? []).map(({ cidr }) => cidr));
  return earlier.filter(
    ({ object }) =>
      object.spec.state !== "Pending" &&
      object.spec.networkUID === network.uid &&
      object.spec.nodeUID === spec?.nodeUID &&
      has.has(object.spec.cidr),
  );
}

/** What this node's agent, and no other one, says that it has. */
function reportedAlone({ node, record }: Held, { reporters }: Surroundings): Prefix[] {
  const { status } = record?.object ?? {};
  if (status?.nodeUID !== node.uid) return [];
  const alone = (status.subnets ?? []).filter(({ cidr }) => reporters.get(cidr)?.length === 1);
  return alone.map(({ cidr }) => parsePrefix(cidr)).filter((prefix): prefix is Prefix => !isPrefixProblem(prefix));
}

function unique(prefixes: readonly Prefix[]): Prefix[] {
  return [...new Map(prefixes.map((prefix) => [renderPrefix(prefix), prefix])).values()];
}

function compareClaims(a: Claim, b: Claim): number {
  return comparePrefixes(a.prefix, b.prefix);
}

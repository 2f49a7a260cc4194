import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
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
  /** A prefix without a claim, as text → the one node that has it: the only one whose agent says so, or, where none does, whose NodeNetwork names it. */
  readonly owners: ReadonlyMap<string, string>;
}

/** All that `holdingOf` looks up. */
export function surroundingsOf(snapshot: Snapshot): Surroundings {
  const { ledger } = snapshot;
  const named = unclaimed(snapshot, ({ object }) => object.spec.subnets);
  const reports = unclaimedReports(snapshot);
  const alone = [...new Map([...named, ...reports])].flatMap(([cidr, [first, ...others]]) =>
    first === undefined || others.length > 0 ? [] : [[cidr, first.node] as const],
  );
  return { entries: indexEntries(ledger?.entries ?? []), incarnation: ledger?.incarnation, owners: new Map(alone) };
}

/** What agents say they have and no claim stands for: cidr → the nodes. Where these are several, none of them gets it. */
export function unclaimedReports(snapshot: Pick<Snapshot, "claims" | "records">): ReadonlyMap<string, readonly Mention[]> {
  return unclaimed(snapshot, ({ object }) => object.status?.subnets);
}

/** A node that a subnet is said to be at. */
interface Mention {
  readonly node: string;
  readonly cidr: string;
}

function unclaimed(
  { claims, records }: Pick<Snapshot, "claims" | "records">,
  subnetsOf: (record: NodeRecord) => readonly { readonly cidr: string }[] | undefined,
): ReadonlyMap<string, readonly Mention[]> {
  const claimed = new Set(claims.map(({ object }) => object.spec.cidr));
  const all = records.flatMap((record) => (subnetsOf(record) ?? []).map(({ cidr }) => ({ node: record.node, cidr })));
  return Map.groupBy(
    all.filter(({ cidr }) => !claimed.has(cidr)),
    ({ cidr }) => cidr,
  );
}

/** What a node has of its network. */
export function holdingOf(held: Held, acceptance: Acceptance | undefined, around: Surroundings): Holding {
  const { network, own, record } = held;
  const home = own.filter(({ object }) => object.spec.networkUID === network.uid && isGood({ object }, around));
  const named = record?.object.spec.networkUID === network.uid ? record.subnets : [];
  const reported = new Set(
    record?.object.status?.nodeUID === held.node.uid ? record.object.status.subnets?.map(({ cidr }) => cidr) : [],
  );
  /** One that its agent has although its NodeNetwork does not name it: that went back in time, or was lost. One that is being drained was dropped. */
  const isNamed = ({ prefix, object }: Claim) =>
    named.some((other) => comparePrefixes(other, prefix) === 0) ||
    (reported.has(object.spec.cidr) && object.spec.state === "Active");
  const unnamed = home.filter((claim) => !isNamed(claim) && claim.object.spec.state !== "Held");
  return {
    kept: home.filter((claim) => isNamed(claim) && claim.object.spec.state !== "Held").toSorted(compareClaims),
    spare: unnamed.filter(({ object }) => object.spec.state !== "Draining").toSorted(compareClaims),
    lost: unownedOf(held, around)
      .filter((prefix) => rangeOf(acceptance, prefix) !== undefined)
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

/** What this node, and no other one, has without a claim. */
function unownedOf({ node, record }: Held, { owners }: Surroundings): Prefix[] {
  const { spec, status } = record?.object ?? {};
  const reported = status?.nodeUID === node.uid ? (status.subnets ?? []) : [];
  const cidrs = new Set([...(spec?.subnets ?? []), ...reported].map(({ cidr }) => cidr));
  const own = [...cidrs].filter((cidr) => owners.get(cidr) === node.name);
  return own.map(parsePrefix).filter((prefix): prefix is Prefix => !isPrefixProblem(prefix));
}

function compareClaims(a: Claim, b: Claim): number {
  return comparePrefixes(a.prefix, b.prefix);
}

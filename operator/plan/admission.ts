import { mostLedgerEntries } from "../../crds/limits.ts";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import { comparePrefixes, containsPrefix, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import { type PrefixIndex, indexPrefixes } from "../../lib/net/prefix-index.ts";
import { compareAge } from "./select.ts";
import type { LedgerEntry, Network, NetworkRange, Snapshot } from "./snapshot.ts";
import { credibleWords } from "./words.ts";

/** Why nothing is given from a range. `Accepting`: nothing is in its way, it enters the ledger with the next write. */
export interface Refusal {
  readonly range: NetworkRange;
  readonly reason: "OverlapsWith" | "RangeInUse" | "LedgerFull" | "Accepting";
  /** What stands in its way. */
  readonly by: { readonly network: string; readonly cidr: string } | undefined;
}

/** Whether the entry is that of this very range. */
export function isEntryOf(entry: LedgerEntry, network: Network, range: NetworkRange): boolean {
  return entry.networkUID === network.uid && entry.cidr === range.cidr && entry.subnetLength === range.subnetLength;
}

interface Newcomer {
  readonly network: Network;
  readonly range: NetworkRange;
  readonly rank: number;
}

type Comer = Omit<Newcomer, "rank">;

/** Ranges without an open entry of their own. */
function comersOf(networks: readonly Network[], kept: readonly LedgerEntry[]): Comer[] {
  const entries = Map.groupBy(
    kept.filter((entry) => entry.open),
    (entry) => entry.networkUID,
  );
  return networks.flatMap((network) => {
    const own = entries.get(network.uid) ?? [];
    const ranges = network.ranges.filter((range) => !own.some((entry) => isEntryOf(entry, network, range)));
    return ranges.map((range) => ({ network, range }));
  });
}

/** The same in the order in which they are served. */
function inTurn(comers: readonly Comer[], uses: readonly Use[]): Newcomer[] {
  const owned = Map.groupBy(uses, (use) => use.networkUID);
  const ranked = comers.map(({ network, range }) => {
    const inUse = owned.get(network.uid)?.some((use) => containsPrefix(range.prefix, use.prefix)) ?? false;
    const before = network.object.status?.ranges?.some(({ cidr, accepted }) => accepted && cidr === range.cidr) ?? false;
    return { network, range, rank: inUse ? 0 : before ? 1 : 2 };
  });
  return ranked.toSorted(
    (a, b) => a.rank - b.rank || compareAge(a.network, b.network) || comparePrefixes(a.range.prefix, b.range.prefix),
  );
}

/** Who enters, and who does not, and why. */
export interface Admission {
  readonly entered: readonly LedgerEntry[];
  readonly refusals: ReadonlyMap<NetworkRange, Refusal>;
}

/** Which ranges of these networks enter beside the entries that stay; of those that are `withoutFinalizer`, only what they use. */
export function admit(
  snapshot: Snapshot,
  networks: readonly Network[],
  kept: readonly LedgerEntry[],
  withoutFinalizer: ReadonlySet<string>,
): Admission {
  const entered: LedgerEntry[] = [];
  const refusals = new Map<NetworkRange, Refusal>();
  const comers = comersOf(networks, kept);
  if (comers.length === 0) return { entered, refusals };
  const index = indexPrefixes(kept);
  const uses = ownedUses(snapshot);
  const strays = indexPrefixes(uses.filter(({ prefix }) => index.around(prefix) === undefined));
  const { object, entries = [] } = snapshot.ledger ?? {};
  const lastEpoch = Math.max(object?.spec.epoch ?? 0, ...entries.map((entry) => entry.epoch));
  for (const { network, range, rank } of inTurn(comers, uses)) {
    const refuse = (part: Omit<Refusal, "range">) => refusals.set(range, { range, ...part });
    const obstacle = obstacleOf(network, range, { index, entered, strays });
    if (obstacle !== undefined) refuse(obstacle);
    // A network that is being deleted gets back what it uses, nothing else; so does one that could be deleted without waiting for its claims.
    else if ((network.deleting || withoutFinalizer.has(network.uid)) && rank > 0) refuse({ reason: "Accepting", by: undefined });
    else if (kept.length + entered.length >= mostLedgerEntries) refuse({ reason: "LedgerFull", by: undefined });
    else {
      refuse({ reason: "Accepting", by: undefined });
      const epoch = lastEpoch + entered.length + 1;
      const { cidr, prefix, subnetLength } = range;
      entered.push({ cidr, prefix, subnetLength, network: network.name, networkUID: network.uid, epoch, open: true });
    }
  }
  return { entered, refusals };
}

interface Obstacles {
  readonly index: PrefixIndex<LedgerEntry>;
  readonly entered: readonly LedgerEntry[];
  /** What is in use outside of all entries. */
  readonly strays: PrefixIndex<Use>;
}

function obstacleOf(
  network: Network,
  range: NetworkRange,
  { index, entered, strays }: Obstacles,
): Omit<Refusal, "range"> | undefined {
  const entry = first(index.touching(range.prefix)) ?? entered.find((other) => prefixesOverlap(other.prefix, range.prefix));
  if (entry !== undefined) {
    const reason = entry.open && entry.networkUID !== network.uid ? "OverlapsWith" : "RangeInUse";
    return { reason, by: { network: entry.network, cidr: entry.cidr } };
  }
  for (const stray of strays.touching(range.prefix))
    if (!isOwn(stray, network, range))
      return { reason: "RangeInUse", by: { network: stray.network ?? "unknown", cidr: renderPrefix(stray.prefix) } };
  return undefined;
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}

/** What is of no known network, since more than its claim was lost, is whosesoever range it fits. */
function isOwn({ prefix, networkUID }: Use, network: Network, range: NetworkRange): boolean {
  return (
    (networkUID ?? network.uid) === network.uid && prefix.length === range.subnetLength && containsPrefix(range.prefix, prefix)
  );
}

/** A prefix in use, and the network that it is of, where that is known. */
interface Use {
  readonly prefix: Prefix;
  readonly network: string | undefined;
  readonly networkUID: string | undefined;
}

/** Claims, and what NodeNetworks name or agents say they have, since a claim may be lost. */
function ownedUses(snapshot: Snapshot): Use[] {
  const { claims, records } = snapshot;
  const words = credibleWords(snapshot);
  const claimed = claims.map(({ prefix, object }) => ({ prefix, ...networkOf(object.spec) }));
  const told = records.flatMap((record) => {
    const reported = words(record).filter(({ node }) => node === record.node);
    const prefixes = [...record.subnets, ...reported.map(({ prefix }) => prefix)];
    return prefixes.map((prefix) => ({ prefix, ...networkOf(record.object.spec) }));
  });
  return [...claimed, ...told];
}

function networkOf({ network, networkUID }: Pick<NodeNetworkSpec, "network" | "networkUID">): Omit<Use, "prefix"> {
  return { network, networkUID };
}

import { comparePrefixes, containsPrefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import { type EntryIndex, indexEntries } from "./entry-index.ts";
import { compareAge } from "./select.ts";
import type { Claim, LedgerEntry, Network, NetworkRange, Snapshot } from "./snapshot.ts";

/** Why nothing is given from a range. `Accepting`: nothing is in its way, it enters the ledger with the next write. */
export interface Refusal {
  readonly range: NetworkRange;
  readonly reason: "OverlapsWith" | "RangeInUse" | "LedgerFull" | "Accepting";
  /** What stands in its way. */
  readonly by: { readonly network: string; readonly cidr: string } | undefined;
}

/** What the ledger shall hold. */
export interface LedgerPlan {
  /** Pairwise disjoint, sorted. */
  readonly entries: readonly LedgerEntry[];
  /** Every range that has no open entry of its own. */
  readonly refusals: ReadonlyMap<NetworkRange, Refusal>;
  /** Networks whose ranges enter. */
  readonly entering: readonly Network[];
  /** Why the ledger is to be written, in words; none: it stays as it is. */
  readonly because: readonly string[];
}

export interface LedgerOptions {
  /** UIDs of networks that no pod has an address of any more, and that are being deleted: their entries close. */
  readonly ending?: ReadonlySet<string>;
}

/** What a ledger holds at most, so that it stays well below what the API server stores (1.5 MiB). */
export const mostEntries = 4096;

/**
 * The next state of the ledger. 1. Entries are pairwise disjoint. 2. An entry closes when its network or its range is gone, and leaves when it was closing
 * already and no claim lies in it; so whoever still writes a claim into it will not find it open. It never opens again.
 * 3. Of overlapping newcomers the one with claims of its own wins, then one accepted before, then that of the oldest network.
 * The claims must have been read after the ledger, and the networks after the claims.
 */
export function planLedger({ ledger, networks, claims }: Snapshot, { ending = new Set() }: LedgerOptions = {}): LedgerPlan {
  const because: string[] = [];
  const byUID = new Map(networks.map((network) => [network.uid, network]));
  const stored = ledger?.entries ?? [];
  const { around } = indexEntries(stored);
  const used = new Set(
    claims.flatMap(({ prefix }) => around(prefix) ?? stored.filter((entry) => prefixesOverlap(entry.prefix, prefix))),
  );
  const kept = stored.flatMap((entry) => {
    if (!entry.open && !used.has(entry)) {
      because.push(`${entry.cidr} of ${entry.network} leaves: no claim lies in it`);
      return [];
    }
    if (!entry.open || (isWanted(entry, byUID.get(entry.networkUID)) && !ending.has(entry.networkUID))) return [entry];
    because.push(`${entry.cidr} of ${entry.network} closes: it is no longer wanted`);
    return [{ ...entry, open: false }];
  });
  const contest = admit(kept, newcomers(networks, claims, kept, ending), claims, ledger?.object.spec.epoch ?? 0);
  for (const { cidr, network } of contest.entered) because.push(`${cidr} of ${network} enters`);
  if (ledger === undefined) because.unshift("there is no ledger");
  return {
    entries: [...kept, ...contest.entered].toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)),
    refusals: contest.refusals,
    entering: networks.filter(({ uid }) => contest.entered.some((entry) => entry.networkUID === uid)),
    because,
  };
}

/** A network whose object cannot be read keeps all it has. */
function isWanted(entry: LedgerEntry, network: Network | undefined): boolean {
  if (network === undefined) return false;
  return network.issues.length > 0 || network.ranges.some((range) => isEntryOf(entry, network, range));
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

/** Ranges without an open entry of their own, in the order in which they are served. */
function newcomers(
  networks: readonly Network[],
  claims: readonly Claim[],
  kept: readonly LedgerEntry[],
  ending: ReadonlySet<string>,
): Newcomer[] {
  const owned = Map.groupBy(claims, (claim) => claim.object.spec.networkUID);
  const entries = Map.groupBy(kept, (entry) => entry.networkUID);
  return networks
    .filter(({ uid }) => !ending.has(uid))
    .flatMap((network) => {
      const own = entries.get(network.uid) ?? [];
      const before = new Set((network.object.status?.ranges ?? []).filter((range) => range.accepted).map((range) => range.cidr));
      const open = network.ranges.filter((range) => !own.some((entry) => entry.open && isEntryOf(entry, network, range)));
      return open.map((range) => {
        const inUse = owned.get(network.uid)?.some((claim) => containsPrefix(range.prefix, claim.prefix)) ?? false;
        return { network, range, rank: inUse ? 0 : before.has(range.cidr) ? 1 : 2 };
      });
    })
    .toSorted((a, b) => a.rank - b.rank || compareAge(a.network, b.network) || comparePrefixes(a.range.prefix, b.range.prefix));
}

interface Contest {
  readonly entered: readonly LedgerEntry[];
  readonly refusals: ReadonlyMap<NetworkRange, Refusal>;
}

function admit(kept: readonly LedgerEntry[], comers: readonly Newcomer[], claims: readonly Claim[], lastEpoch: number): Contest {
  const entered: LedgerEntry[] = [];
  const refusals = new Map<NetworkRange, Refusal>();
  const index = indexEntries(kept);
  const strays = comers.length === 0 ? [] : claims.filter(({ prefix }) => index.around(prefix) === undefined);
  for (const comer of comers) {
    const { network, range } = comer;
    const obstacle = obstacleOf(comer, index, strays, entered);
    if (obstacle !== undefined) refusals.set(range, { range, ...obstacle });
    // A network that is being deleted gets back what it uses, nothing else.
    else if (network.deleting && comer.rank > 0) refusals.set(range, { range, reason: "Accepting", by: undefined });
    else if (kept.length + entered.length >= mostEntries) refusals.set(range, { range, reason: "LedgerFull", by: undefined });
    else {
      refusals.set(range, { range, reason: "Accepting", by: undefined });
      const epoch = lastEpoch + entered.length + 1;
      const { cidr, prefix, subnetLength } = range;
      entered.push({ cidr, prefix, subnetLength, network: network.name, networkUID: network.uid, epoch, open: true });
    }
  }
  return { entered, refusals };
}

function obstacleOf(
  { network, range }: Newcomer,
  index: EntryIndex,
  strays: readonly Claim[],
  entered: readonly LedgerEntry[],
): Omit<Refusal, "range"> | undefined {
  const entry = index.touching(range.prefix) ?? entered.find((other) => prefixesOverlap(other.prefix, range.prefix));
  if (entry !== undefined) {
    const reason = entry.open && entry.networkUID !== network.uid ? "OverlapsWith" : "RangeInUse";
    return { reason, by: { network: entry.network, cidr: entry.cidr } };
  }
  const stray = strays.find((claim) => prefixesOverlap(claim.prefix, range.prefix) && !isOwn(claim, network, range));
  const { spec } = stray?.object ?? {};
  return spec === undefined ? undefined : { reason: "RangeInUse", by: { network: spec.network, cidr: spec.cidr } };
}

function isOwn({ prefix, object }: Claim, network: Network, range: NetworkRange): boolean {
  return object.spec.networkUID === network.uid && prefix.length === range.subnetLength && containsPrefix(range.prefix, prefix);
}

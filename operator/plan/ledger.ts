import { comparePrefixes } from "../../lib/net/prefix.ts";
import { admit, isEntryOf, type Refusal } from "./admission.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import { prefixesInUse } from "./occupancy.ts";
import type { LedgerEntry, Network, NetworkRange, Snapshot } from "./snapshot.ts";

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
  /** UIDs of networks that no pod has an address of any more, and that are being deleted: their entries close. Where there are any, nobody enters. */
  readonly ending?: ReadonlySet<string>;
  /** UIDs of networks that our finalizer could not be put on, so that they could go before their claims: they keep what they have, and nothing else of theirs enters. */
  readonly withoutFinalizer?: ReadonlySet<string>;
}

/**
 * The next state of the ledger. 1. Entries are pairwise disjoint. 2. An entry closes when its network or its range is gone, and leaves when it was closing
 * already and nothing in use lies in it; so whoever still writes a claim into it will not find it open. It never opens again.
 * 3. Of overlapping newcomers the one with claims of its own wins, then one accepted before, then that of the oldest network.
 * NodeNetworks must have been read after the ledger, claims after those, and networks last.
 */
export function planLedger(
  snapshot: Snapshot,
  { ending = new Set(), withoutFinalizer = new Set() }: LedgerOptions = {},
): LedgerPlan {
  const { ledger, networks } = snapshot;
  const because: string[] = [];
  const byUID = new Map(networks.map((network) => [network.uid, network]));
  const stored = ledger?.entries ?? [];
  const used = stored.every((entry) => entry.open) ? new Set() : usedEntries(stored, snapshot);
  const kept = stored.flatMap((entry) => {
    if (!entry.open && !used.has(entry)) {
      because.push(`${entry.cidr} of ${entry.network} leaves: nothing in use lies in it`);
      return [];
    }
    if (!entry.open || (isWanted(entry, byUID.get(entry.networkUID)) && !ending.has(entry.networkUID))) return [entry];
    because.push(`${entry.cidr} of ${entry.network} closes: it is no longer wanted`);
    return [{ ...entry, open: false }];
  });
  const contest = admit(snapshot, ending.size > 0 ? [] : networks, kept, withoutFinalizer);
  for (const { cidr, network } of contest.entered) because.push(`${cidr} of ${network} enters`);
  if (ledger === undefined) because.unshift("there is no ledger");
  const entering = new Set(contest.entered.map((entry) => entry.networkUID));
  return {
    entries: [...kept, ...contest.entered].toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)),
    refusals: contest.refusals,
    entering: networks.filter(({ uid }) => entering.has(uid)),
    because,
  };
}

/** Entries that share an address with anything in use. */
function usedEntries(stored: readonly LedgerEntry[], snapshot: Snapshot): ReadonlySet<LedgerEntry> {
  const index = indexPrefixes(stored);
  return new Set(prefixesInUse(snapshot).flatMap((prefix) => [...index.touching(prefix)]));
}

/** A network whose object cannot be read keeps all it has. */
function isWanted(entry: LedgerEntry, network: Network | undefined): boolean {
  if (network === undefined) return false;
  return network.issues.length > 0 || network.ranges.some((range) => isEntryOf(entry, network, range));
}

import type { Ledger, LedgerEntry } from "../../operator/plan/snapshot.ts";
import type { EntryChange } from "./report.ts";

/** What becomes of the ledger's entries, in their order: those that are there afterwards, then those that left. */
export function ledgerChanges(before: Ledger | undefined, after: Ledger | undefined): EntryChange[] {
  const old = new Map((before?.entries ?? []).map((entry) => [entry.epoch, entry]));
  const now = new Map((after?.entries ?? []).map((entry) => [entry.epoch, entry]));
  const changes: EntryChange[] = [];
  for (const entry of now.values()) {
    const had = old.get(entry.epoch);
    if (had === undefined) changes.push(changeOf("Enters", entry));
    if (had?.open !== false && !entry.open) changes.push(changeOf("Closes", entry));
  }
  for (const entry of old.values()) if (!now.has(entry.epoch)) changes.push(changeOf("Leaves", entry));
  return changes;
}

function changeOf(change: EntryChange["change"], { cidr, subnetLength, network, epoch }: LedgerEntry): EntryChange {
  return { change, cidr, nodePrefixLength: subnetLength, network, epoch };
}

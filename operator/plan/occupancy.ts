import { isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import { indexEntries } from "./entry-index.ts";
import type { LedgerEntry, Snapshot } from "./snapshot.ts";

/** The prefixes in use, one entry of the ledger at a time. */
export interface Occupancy {
  /** What nobody else may get of an entry: all that lies in it, and every stray, wherever that is. */
  takenFrom(entry: LedgerEntry): readonly Prefix[];
  /** Prefixes in use that lie in no entry: a range of theirs went, or the ledger. */
  readonly strays: readonly Stray[];
}

/** A prefix in use outside of all entries. */
export interface Stray {
  readonly prefix: Prefix;
  /** No node has it, as far as is known; agents still route to it. */
  readonly isOnlyMissed: boolean;
}

/** What is in use, by the entry of the ledger that it lies in. */
export function occupancy(snapshot: Snapshot): Occupancy {
  const index = indexEntries(snapshot.ledger?.entries ?? []);
  const byEntry = new Map<LedgerEntry, Prefix[]>();
  const strays: Stray[] = [];
  const add = (prefix: Prefix, isOnlyMissed: boolean) => {
    const entries = index.allAround(prefix);
    if (entries.length === 0) strays.push({ prefix, isOnlyMissed });
    for (const entry of entries) {
      const list = byEntry.get(entry);
      if (list === undefined) byEntry.set(entry, [prefix]);
      else list.push(prefix);
    }
  };
  for (const prefix of prefixesHad(snapshot)) add(prefix, false);
  for (const prefix of prefixesMissed(snapshot)) add(prefix, true);
  return { strays, takenFrom: (entry) => [...(byEntry.get(entry) ?? []), ...strays.map(({ prefix }) => prefix)] };
}

type Objects = Pick<Snapshot, "claims" | "records">;

/**
 * A prefix is in use when a claim stands for it, whatever its state, and also when a NodeNetwork names it, or an agent says that it has it or routes
 * to it, though the claim is gone.
 */
export function prefixesInUse(objects: Objects): Prefix[] {
  return [...prefixesHad(objects), ...prefixesMissed(objects)];
}

function prefixesHad({ claims, records }: Objects): Prefix[] {
  const reported = records.flatMap(({ object }) => read(object.status?.subnets ?? []));
  return [...claims.map(({ prefix }) => prefix), ...records.flatMap(({ subnets }) => subnets), ...reported];
}

function prefixesMissed({ records }: Objects): Prefix[] {
  return records.flatMap(({ object }) => read(object.status?.lost ?? []));
}

function read(reports: readonly { readonly cidr: string }[]): Prefix[] {
  return reports.map(({ cidr }) => parsePrefix(cidr)).filter((prefix): prefix is Prefix => !isPrefixProblem(prefix));
}

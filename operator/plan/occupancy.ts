import type { Prefix } from "../../lib/net/prefix.ts";
import { type PrefixIndex, indexPrefixes } from "../../lib/net/prefix-index.ts";
import { setAside } from "./set-aside.ts";
import type { LedgerEntry, Network, NodeRecord, Snapshot } from "./snapshot.ts";
import { type CredibleWord, credibleWords } from "./words.ts";

/** What cannot be given any more, one entry of the ledger at a time. */
export interface Occupancy {
  /** What nobody else may get of an entry: all that lies in it, and every stray, wherever that is. */
  takenFrom(entry: LedgerEntry): readonly Prefix[];
  /** The addresses of nodes that lie in an entry. Where a subnet were given with one in it, no node could reach both the pods and that node. */
  nodesIn(entry: LedgerEntry): readonly Prefix[];
  /** What else a network keeps away from, by its spec.overlapPolicy. */
  asideOf(network: Network): readonly Prefix[];
  /** Prefixes in use that lie in no entry: a range of theirs went, or the ledger. */
  readonly strays: readonly Prefix[];
}

/** What is in use, by the entry of the ledger that it lies in. */
export function occupancy(snapshot: Snapshot): Occupancy {
  const index = indexPrefixes(snapshot.ledger?.entries ?? []);
  const used = sortedInto(index, prefixesInUse(snapshot));
  const nodes = sortedInto(
    index,
    snapshot.nodes.flatMap(({ hosts }) => hosts),
  );
  return {
    strays: used.strays,
    takenFrom: (entry) => [...(used.byEntry.get(entry) ?? []), ...used.strays],
    nodesIn: (entry) => nodes.byEntry.get(entry) ?? [],
    asideOf: setAside(snapshot),
  };
}

interface Sorted {
  readonly byEntry: ReadonlyMap<LedgerEntry, readonly Prefix[]>;
  /** Those that lie in none. */
  readonly strays: readonly Prefix[];
}

function sortedInto(index: PrefixIndex<LedgerEntry>, prefixes: readonly Prefix[]): Sorted {
  const byEntry = new Map<LedgerEntry, Prefix[]>();
  const strays: Prefix[] = [];
  for (const prefix of prefixes) {
    const entries = index.allAround(prefix);
    if (entries.length === 0) strays.push(prefix);
    for (const entry of entries) {
      const list = byEntry.get(entry);
      if (list === undefined) byEntry.set(entry, [prefix]);
      else list.push(prefix);
    }
  }
  return { byEntry, strays };
}

/**
 * A prefix is in use when a claim stands for it, whatever its state, and also when a NodeNetwork names it, or an agent says that it has it or routes
 * to it, though the claim is gone.
 */
export function prefixesInUse(snapshot: Pick<Snapshot, "ledger" | "claims" | "records">): Prefix[] {
  const { claims, records } = snapshot;
  const evidence = evidenceOf(snapshot);
  return [...claims.map(({ prefix }) => prefix), ...records.flatMap(evidence).map(({ prefix }) => prefix)];
}

/** That this node has a prefix, as its NodeNetwork or an agent says. */
export type Evidence = Pick<CredibleWord, "prefix" | "node" | "isHearsay">;

/** Gives what a NodeNetwork says that nodes have: what it names, and, as far as it is to be believed, what its agent has and what that routes to although no claim is left. */
export function evidenceOf(objects: Pick<Snapshot, "ledger" | "claims" | "records">): (record: NodeRecord) => Evidence[] {
  const words = credibleWords(objects);
  return (record) => [...record.subnets.map((prefix) => ({ prefix, node: record.node, isHearsay: false })), ...words(record)];
}

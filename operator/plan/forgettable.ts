import { isPrefixProblem, parsePrefix } from "../../lib/net/prefix.ts";
import { indexEntries } from "./entry-index.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Prefixes that agents miss, that no node has, and that no claim can be made of again, since no entry of the ledger contains them with subnets of their
 * length: nobody would ever end these losses. None while a recovery goes on, since a node may not have been heard.
 */
export function forgettableLosses({ ledger, claims, records }: Snapshot): ReadonlySet<string> {
  const missed = new Set(records.flatMap(({ object }) => (object.status?.lost ?? []).map(({ cidr }) => cidr)));
  if (missed.size === 0 || ledger === undefined || ledger.recovering) return new Set();
  const had = new Set([
    ...claims.map(({ object }) => object.spec.cidr),
    ...records.flatMap(({ object: { spec, status } }) => [...spec.subnets, ...(status?.subnets ?? [])].map(({ cidr }) => cidr)),
  ]);
  const entries = indexEntries(ledger.entries);
  const canReturn = (cidr: string) => {
    const prefix = parsePrefix(cidr);
    return !isPrefixProblem(prefix) && entries.around(prefix)?.subnetLength === prefix.length;
  };
  return new Set([...missed].filter((cidr) => !had.has(cidr) && !canReturn(cidr)));
}

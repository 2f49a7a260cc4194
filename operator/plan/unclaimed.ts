import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import type { Snapshot } from "./snapshot.ts";

/** Somebody's word that a node has a prefix. */
export interface Mention {
  readonly cidr: string;
  readonly node: string;
  readonly nodeUID: string;
}

type Objects = Pick<Snapshot, "claims" | "records">;

/**
 * Prefixes in use without a claim, by the UID of the one Node that has each, lowest first. What its own agent says counts first, then what its NodeNetwork
 * names, then what agents of others miss. One that several Nodes have by the same sort of word is nobody's.
 */
export function unclaimedPrefixes(objects: Objects): ReadonlyMap<string, readonly Prefix[]> {
  const { records } = objects;
  const missed = unclaimed(
    objects,
    records.flatMap(({ object }) => object.status?.lost ?? []),
  );
  const named = unclaimed(
    objects,
    records.flatMap(({ node, object: { spec } }) => spec.subnets.map(({ cidr }) => ({ cidr, node, nodeUID: spec.nodeUID }))),
  );
  const all = new Map([...missed, ...named, ...unclaimedReports(objects)]);
  const single = Array.from(all, ([cidr, mentions]) => {
    const uids = new Set(mentions.map(({ nodeUID }) => nodeUID));
    return { prefix: parsePrefix(cidr), nodeUID: uids.size === 1 ? mentions[0]?.nodeUID : undefined };
  });
  const owned = single.flatMap(({ prefix, nodeUID }) =>
    isPrefixProblem(prefix) || nodeUID === undefined ? [] : [{ prefix, nodeUID }],
  );
  const byNode = Map.groupBy(
    owned.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)),
    ({ nodeUID }) => nodeUID,
  );
  return new Map(Array.from(byNode, ([nodeUID, list]) => [nodeUID, list.map(({ prefix }) => prefix)]));
}

/** What agents say they have and no claim stands for: cidr → the nodes. Where these are several, none of them gets it. */
export function unclaimedReports(objects: Objects): ReadonlyMap<string, readonly Mention[]> {
  const reports = objects.records.flatMap(({ node, object: { spec, status } }) =>
    (status?.subnets ?? []).map(({ cidr }) => ({ cidr, node, nodeUID: status?.nodeUID ?? spec.nodeUID })),
  );
  return unclaimed(objects, reports);
}

function unclaimed({ claims }: Objects, mentions: readonly Mention[]): ReadonlyMap<string, readonly Mention[]> {
  if (mentions.length === 0) return new Map();
  const claimed = new Set(claims.map(({ object }) => object.spec.cidr));
  return Map.groupBy(
    mentions.filter(({ cidr }) => !claimed.has(cidr)),
    ({ cidr }) => cidr,
  );
}

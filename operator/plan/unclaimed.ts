import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Mention } from "./words.ts";

type Objects = Pick<Snapshot, "claims" | "records" | "nodes">;

/**
 * Prefixes in use without a claim, by the UID of the one Node that has each, lowest first. What its own agent says counts first, then what its NodeNetwork
 * names, then what agents of others miss. One that several Nodes have by the same sort of word is nobody's.
 */
export function unclaimedPrefixes(objects: Objects): ReadonlyMap<string, readonly Prefix[]> {
  const { records } = objects;
  const missed = unclaimed(objects, missedByTwo(objects));
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

/** What agents of two others at least miss of a node: the word of one alone gives nobody anything. */
function missedByTwo({ records }: Objects): Mention[] {
  const said = records.flatMap(({ node: by, object }) => (object.status?.lost ?? []).map((mention) => ({ by, mention })));
  const byOwner = Map.groupBy(said, ({ mention: { cidr, nodeUID } }) => `${cidr} ${nodeUID}`);
  return [...byOwner.values()].flatMap((list) => {
    const speakers = new Set(list.filter(({ by, mention }) => by !== mention.node).map(({ by }) => by));
    return speakers.size < 2 ? [] : list.map(({ mention }) => mention);
  });
}

/** What agents say they have and no claim stands for: cidr → the nodes. Where these are several, none of them gets it. */
export function unclaimedReports(objects: Objects): ReadonlyMap<string, readonly Mention[]> {
  const names = new Map(objects.nodes.map(({ uid, name }) => [uid, name]));
  const reports = objects.records.flatMap(({ node, object: { spec, status } }) => {
    const nodeUID = status?.nodeUID ?? spec.nodeUID;
    // An agent that speaks of another node's uid as its own is heard as what it is.
    const owner = (names.get(nodeUID) ?? node) === node ? nodeUID : spec.nodeUID;
    return (status?.subnets ?? []).map(({ cidr }) => ({ cidr, node, nodeUID: owner }));
  });
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

import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Mention } from "./words.ts";

type Objects = Pick<Snapshot, "ledger" | "claims" | "records" | "nodes">;

/** What is said of one prefix that no claim stands for. */
interface Testimony {
  /** What agents say that they have themselves. */
  readonly reported: Mention[];
  /** What NodeNetworks name. */
  readonly named: Mention[];
  /** What agents of two others at least miss of a node: the word of one alone gives nobody anything. */
  readonly missed: Mention[];
}

/** Prefixes in use without a claim, by the UID of the one Node that has each, lowest first. */
export function unclaimedPrefixes(objects: Objects): ReadonlyMap<string, readonly Prefix[]> {
  const denies = denials(objects);
  const owned = Array.from(testimonies(objects), ([cidr, testimony]) => {
    return { prefix: parsePrefix(cidr), nodeUID: ownerOf(testimony, denies)?.nodeUID };
  }).flatMap(({ prefix, nodeUID }) => (isPrefixProblem(prefix) || nodeUID === undefined ? [] : [{ prefix, nodeUID }]));
  const byNode = Map.groupBy(
    owned.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix)),
    ({ nodeUID }) => nodeUID,
  );
  return new Map(Array.from(byNode, ([nodeUID, list]) => [nodeUID, list.map(({ prefix }) => prefix)]));
}

/** What agents say they have, no claim stands for, and that is nobody's yet: cidr → their nodes. */
export function unsettledReports(objects: Objects): ReadonlyMap<string, readonly Mention[]> {
  const denies = denials(objects);
  const unsettled = [...testimonies(objects)].filter(
    ([, testimony]) => testimony.reported.length > 0 && ownerOf(testimony, denies) === undefined,
  );
  return new Map(unsettled.map(([cidr, { reported }]) => [cidr, reported]));
}

/**
 * Says whose a prefix is: what its own agent says counts first, then what its NodeNetwork names, then what agents of others miss. Where several say that they have it, it is the one's whom
 * others confirm. While others confirm somebody who has not been heard, it is nobody's: so nobody gets by a lie what another one's agent is about to report.
 */
function ownerOf({ reported, named, missed }: Testimony, denies: (mention: Mention) => boolean): Mention | undefined {
  if (reported.length === 0) return theOne(named.length > 0 ? named : missed);
  const reporters = new Set(reported.map(({ node }) => node));
  const confirmed = [...named, ...missed];
  if (confirmed.some((mention) => !reporters.has(mention.node) && !denies(mention))) return undefined;
  const names = new Set(confirmed.map(({ node }) => node));
  return theOne(reported) ?? theOne(reported.filter(({ node }) => names.has(node)));
}

/** The first of them, where all speak of one Node. */
function theOne(mentions: readonly Mention[]): Mention | undefined {
  return new Set(mentions.map(({ nodeUID }) => nodeUID)).size === 1 ? mentions[0] : undefined;
}

/** Tells whether a node's own agent, heard under the ledger's incarnation, has no such subnet, or its Node is gone. */
function denials({ ledger, records, nodes }: Objects): (mention: Mention) => boolean {
  const standing = new Set(nodes.map(({ uid }) => uid));
  const known = new Map(records.map(({ object }) => [object.status?.nodeUID, object.status]));
  return ({ cidr, nodeUID }) => {
    const status = known.get(nodeUID);
    const isHeard = status?.acknowledged !== undefined && status.acknowledged.incarnation === ledger?.incarnation;
    return !standing.has(nodeUID) || (isHeard && !(status.subnets ?? []).some((subnet) => subnet.cidr === cidr));
  };
}

function testimonies(objects: Objects): ReadonlyMap<string, Testimony> {
  const claimed = new Set(objects.claims.map(({ object }) => object.spec.cidr));
  const all = new Map<string, Testimony>();
  const add = (sort: keyof Testimony, mentions: readonly Mention[]) => {
    for (const mention of mentions) {
      if (claimed.has(mention.cidr)) continue;
      const testimony = all.get(mention.cidr) ?? { reported: [], named: [], missed: [] };
      testimony[sort].push(mention);
      all.set(mention.cidr, testimony);
    }
  };
  add("reported", reportedBy(objects));
  add("named", namedFor(objects));
  add("missed", missedByTwo(objects));
  return all;
}

/** What an agent that speaks of another node's uid as its own says that it has is nobody's: no claim would be its node's for that. */
function reportedBy({ nodes, records }: Objects): Mention[] {
  const names = new Map(nodes.map(({ uid, name }) => [uid, name]));
  return records.flatMap(({ node, object: { spec, status } }) => {
    const nodeUID = status?.nodeUID ?? spec.nodeUID;
    if ((names.get(nodeUID) ?? node) !== node) return [];
    return (status?.subnets ?? []).map(({ cidr }) => ({ cidr, node, nodeUID }));
  });
}

function namedFor({ records }: Objects): Mention[] {
  return records.flatMap(({ node, object: { spec } }) => spec.subnets.map(({ cidr }) => ({ cidr, node, nodeUID: spec.nodeUID })));
}

function missedByTwo({ nodes, records }: Objects): Mention[] {
  const names = new Map(nodes.map(({ uid, name }) => [uid, name]));
  const said = records
    .flatMap(({ node: by, object }) => (object.status?.lost ?? []).map((mention) => ({ by, mention })))
    .filter(({ mention: { node, nodeUID } }) => (names.get(nodeUID) ?? node) === node);
  const byOwner = Map.groupBy(said, ({ mention: { cidr, nodeUID } }) => `${cidr} ${nodeUID}`);
  return [...byOwner.values()].flatMap((list) => {
    const speakers = new Set(list.filter(({ by, mention }) => by !== mention.node).map(({ by }) => by));
    return speakers.size < 2 ? [] : list.map(({ mention }) => mention);
  });
}

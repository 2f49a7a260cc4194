import { isPrefixProblem, parsePrefix, type Prefix } from "../../lib/net/prefix.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { NodeRecord, Snapshot } from "./snapshot.ts";

/** What an agent says of a prefix: that this node has it. */
export interface Word {
  readonly cidr: string;
  readonly node: string;
}

/** The same, read. */
export interface CredibleWord extends Word {
  readonly prefix: Prefix;
  /** It is what the agent misses, not what it has. */
  readonly isHearsay: boolean;
}

/** The same of the Node object that this node had. */
export interface Mention extends Word {
  readonly nodeUID: string;
}

type Objects = Pick<Snapshot, "ledger" | "claims" | "records">;

/**
 * Gives what counts, against everybody, of what an agent says that it has or misses. It counts where the operator said the same (its NodeNetwork or a claim names the
 * prefix), where an entry of the ledger has subnets of just that place and size, or where a second agent says it, too. So whoever can write the status of one node
 * can set aside single subnets, as many as a status has room for, and no more: not `::/0`, and no prefix that pods reach outside of the cluster.
 */
export function credibleWords({ ledger, claims, records }: Objects): (record: NodeRecord) => CredibleWord[] {
  const claimed = once(() => new Set(claims.map(({ object }) => object.spec.cidr)));
  const named = once(() => new Set(records.flatMap(({ object: { spec } }) => spec.subnets.map(({ cidr }) => cidr))));
  const entries = once(() => indexPrefixes(ledger?.entries ?? []));
  const twice = once(() => saidByTwo(records));
  const counts = (cidr: string, prefix: Prefix) =>
    entries().around(prefix)?.subnetLength === prefix.length || named().has(cidr) || claimed().has(cidr) || twice().has(cidr);
  return (record) => {
    const own = new Set(record.object.spec.subnets.map(({ cidr }) => cidr));
    return wordsOf(record).flatMap((word) => {
      const prefix = parsePrefix(word.cidr);
      return !isPrefixProblem(prefix) && (own.has(word.cidr) || counts(word.cidr, prefix)) ? [{ ...word, prefix }] : [];
    });
  };
}

/** What to make of an agent's word that the claim of another node vanished. */
export type MissingVerdict = "Counts" | "Asked" | "Denied";

/**
 * Judges what agents miss. Where one alone misses it, and the Node is there that shall have had it, that node's own word is waited for (`Asked`), and goes before (`Denied`: its agent, heard under
 * this incarnation, has no such subnet). Else it counts: of a node that is gone, or silent, others know more than itself.
 */
export function judgeMissing({
  ledger,
  nodes,
  records,
}: Pick<Snapshot, "ledger" | "nodes" | "records">): (word: Mention) => MissingVerdict {
  const twice = once(() => saidByTwo(records));
  const names = once(() => new Map(nodes.map(({ uid, name }) => [uid, name])));
  const known = once(() => new Map(records.map(({ object: { spec, status } }) => [spec.nodeUID, { spec, status }])));
  return ({ cidr, node, nodeUID }) => {
    if (names().get(nodeUID) !== node || twice().has(cidr)) return "Counts";
    const own = known().get(nodeUID);
    if (own?.status === undefined) return "Asked";
    const { spec, status } = own;
    const isHeard = status.nodeUID === nodeUID && status.acknowledged?.incarnation === ledger?.incarnation;
    const has = [...spec.subnets, ...(status.subnets ?? [])].some((subnet) => subnet.cidr === cidr);
    return isHeard && !has ? "Denied" : "Counts";
  };
}

/** What an agent says that its own node has, then what it says that others have. */
function wordsOf({ node, object }: NodeRecord): Omit<CredibleWord, "prefix">[] {
  const { subnets = [], lost = [] } = object.status ?? {};
  return [
    ...subnets.map(({ cidr }) => ({ cidr, node, isHearsay: false })),
    ...lost.map(({ cidr, node }) => ({ cidr, node, isHearsay: true })),
  ];
}

/** Prefixes that more than one agent speaks of. */
function saidByTwo(records: readonly NodeRecord[]): ReadonlySet<string> {
  const speakers = new Map<string, string>();
  const twice = new Set<string>();
  for (const record of records) {
    for (const { cidr } of wordsOf(record)) {
      const first = speakers.get(cidr);
      if (first === undefined) speakers.set(cidr, record.node);
      else if (first !== record.node) twice.add(cidr);
    }
  }
  return twice;
}

/** The same value at every call, made at the first. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

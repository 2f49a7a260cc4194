import { compareText } from "../../lib/text/order.ts";
import type { NodeNetworkStatusReachabilityBad } from "../../crds/types.ts";
import { type NodeProgress, ownRecord } from "./node-progress.ts";
import type { Snapshot } from "./snapshot.ts";

/** Two nodes of which at least one says that it does not reach the other. */
export interface UnreachedPair {
  /** The one that says so; where both do, the first by name. */
  readonly from: string;
  readonly to: string;
  /** Whether both say so. */
  readonly isMutual: boolean;
  /** What is said of it, once each, e.g. `["IPv4: NoAnswer"]`; sorted. */
  readonly ways: readonly string[];
}

/** What agents say of each other, as far as it counts. */
export interface Reaching {
  /** Names of nodes whose word counts, and of which others' words count. */
  readonly judged: ReadonlySet<string>;
  /** By names. */
  readonly pairs: readonly UnreachedPair[];
}

/**
 * Judges what agents say of whom they reach. A word counts where both nodes are Ready and programmed, are heard, and have agents that probe: an agent that knows no
 * probes does not answer either, and of a node that is down there is nothing to say. So one agent can say no more than that it does not reach nodes that there are.
 */
export function judgeReaching(
  { nodes, records }: Pick<Snapshot, "nodes" | "records">,
  progress: ReadonlyMap<string, NodeProgress>,
): Reaching {
  const byNode = new Map(records.map((record) => [record.node, record]));
  const words = new Map<string, readonly NodeNetworkStatusReachabilityBad[]>();
  for (const node of nodes) {
    const told = ownRecord(node, byNode.get(node.name))?.status?.reachability;
    const counts = node.readiness === "True" && progress.get(node.name)?.progress === "programmed";
    if (counts && told !== undefined) words.set(node.name, told.bad ?? []);
  }
  const said = [...words].flatMap(([from, bad]) =>
    bad.filter(({ node }) => node !== from && words.has(node)).map((entry) => ({ from, entry })),
  );
  const pairs = Map.groupBy(said, ({ from, entry }) => [from, entry.node].toSorted(compareText).join(" "));
  return {
    judged: new Set(words.keys()),
    pairs: [...pairs]
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([, both]): UnreachedPair => {
        const [from = "", other = from] = [...new Set(both.map((word) => word.from))].toSorted(compareText);
        const to = other === from ? (both[0]?.entry.node ?? "") : other;
        const ways = new Set(both.map(({ entry: { family, reason } }) => `${family}: ${reason}`));
        return { from, to, isMutual: other !== from, ways: [...ways].toSorted(compareText) };
      }),
  };
}

/** A node, and the pairs that it explains. */
export interface Suspect {
  readonly node: string;
  readonly pairs: readonly UnreachedPair[];
}

/**
 * As few nodes as explain all pairs, or nearly: the one with the most pairs first, then the one with the most of what is left, and so on. So a node that reaches nobody, or
 * says so of everybody, is one bad node, however many pairs that makes. At most `most`; those left out explain the least.
 */
export function suspectsOf(pairs: readonly UnreachedPair[], most: number): Suspect[] {
  const rest = new Map<string, Set<UnreachedPair>>();
  const of = (node: string) => rest.get(node) ?? new Set();
  for (const pair of pairs) for (const node of [pair.from, pair.to]) rest.set(node, of(node).add(pair));
  const suspects: Suspect[] = [];
  while (rest.size > 0 && suspects.length < most) {
    const [node] = [...rest].reduce((a, b) => (isWorse(b, a) ? b : a));
    const explained = [...of(node)];
    suspects.push({ node, pairs: explained });
    for (const pair of explained)
      for (const end of [pair.from, pair.to]) if (of(end).delete(pair) && of(end).size === 0) rest.delete(end);
  }
  return suspects;
}

type Share = readonly [node: string, pairs: ReadonlySet<UnreachedPair>];

function isWorse([node, pairs]: Share, [other, others]: Share): boolean {
  return pairs.size > others.size || (pairs.size === others.size && compareText(node, other) < 0);
}

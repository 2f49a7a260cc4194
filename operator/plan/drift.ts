import { compareText } from "../../lib/text/order.ts";
import type { NodeNetwork, PodNetworkStatusDrift, PodNetworkStatusDriftLast } from "../../crds/types.ts";
import { cut, printable } from "../../lib/text/printable.ts";
import { ownRecord } from "./node-progress.ts";
import type { NodeFacts, NodeRecord } from "./snapshot.ts";

/** What one node's agent says of drift, as far as it counts. */
export interface DriftWord {
  readonly node: NodeFacts;
  /** The NodeNetwork it is said in. */
  readonly object: NodeNetwork;
  readonly repairsTotal: number;
  readonly last: PodNetworkStatusDriftLast | undefined;
}

/** An agent can say no larger number, and so inflate a sum by no more. */
const mostRepairs = 1_000_000_000;

/** A clock of a node may be ahead by so much; what is said to have happened later than that counts for nothing, or it would be the newest for ever. */
const skewMs = 60_000;

/** What the agent of this very node says; undefined before its first report. */
export function driftWord(node: NodeFacts, record: NodeRecord | undefined, nowMs: number): DriftWord | undefined {
  const object = ownRecord(node, record);
  if (object?.status === undefined) return undefined;
  const { repairsTotal = 0, last } = object.status.drift ?? {};
  const counted = Math.min(mostRepairs, Math.max(0, repairsTotal));
  const isCredible = last !== undefined && Date.parse(last.at) <= nowMs + skewMs;
  return { node, object, repairsTotal: counted, last: isCredible ? { node: node.name, ...shown(last) } : undefined };
}

type Last = NonNullable<NonNullable<NonNullable<NodeNetwork["status"]>["drift"]>["last"]>;

function shown({ kind, key, because, at, wrongMs }: Last): Last {
  const text = (value: string, most: number) => cut(printable(value), most);
  return { kind: text(kind, 32), key: text(key, 256), because: text(because, 256), at, wrongMs };
}

/** What the agents of these nodes say together; undefined where none ever put anything right. */
export function summedDrift(words: readonly DriftWord[]): PodNetworkStatusDrift | undefined {
  const repairsTotal = words.reduce((sum, word) => sum + word.repairsTotal, 0);
  const last = newestOf(words);
  return repairsTotal === 0 ? undefined : { repairsTotal, ...(last && { last }) };
}

/** Of those of one time the first by name of node. */
export function newestOf(words: readonly DriftWord[]): PodNetworkStatusDriftLast | undefined {
  return words
    .flatMap(({ last }) => last ?? [])
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at) || compareText(a.node, b.node))
    .at(0);
}

/** e.g. `"route 10.244.2.0/24 (missing, for 12 ms at most)"` */
export function describeRepair({ kind, key, because, wrongMs }: PodNetworkStatusDriftLast): string {
  return `${kind} ${key} (${because}, for ${wrongMs} ms at most)`;
}

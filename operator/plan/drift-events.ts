import { countOf } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import { apiVersion, podNetworkResource } from "../../crds/names.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import { describeRepair, type DriftWord, driftWord, newestOf } from "./drift.ts";
import type { PlannedEvent } from "./events.ts";
import type { Snapshot } from "./snapshot.ts";

/** What agents said of drift when it was told last: UID of the Node or PodNetwork → that. */
export type DriftTold = ReadonlyMap<string, ToldDrift>;

interface ToldDrift {
  readonly repairsTotal: number;
  /** On a clock that never steps back; -Infinity: it was not told, since it was there at first sight. */
  readonly atMs: number;
}

/** Between two Events of one object. */
const apartMs = 10 * 60_000;

/** What all agents say; of nodes that reported. */
export function driftWords({ nodes, records }: Pick<Snapshot, "nodes" | "records">, nowMs: number): DriftWord[] {
  const known = new Map(records.map((record) => [record.node, record]));
  return nodes.flatMap((node) => driftWord(node, known.get(node.name), nowMs) ?? []);
}

/**
 * What to tell of repairs since the last time, and what is told then. Once in ten minutes of one object, with how many there were. What was there at first sight, as after a change of the operator, is not told.
 */
export function driftEvents(
  told: DriftTold,
  words: readonly DriftWord[],
  nowMs: number,
): { readonly events: PlannedEvent[]; readonly told: DriftTold } {
  const next = new Map<string, ToldDrift>();
  const events = [...byNetwork(words), ...byNode(words)].flatMap(({ regarding, words: said }): PlannedEvent[] => {
    const key = regarding.uid ?? regarding.name;
    const repairsTotal = said.reduce((sum, word) => sum + word.repairsTotal, 0);
    const before = told.get(key) ?? { repairsTotal, atMs: Number.NEGATIVE_INFINITY };
    // A node that left takes its number with it.
    const known = { ...before, repairsTotal: Math.min(before.repairsTotal, repairsTotal) };
    const isDue = repairsTotal > known.repairsTotal && nowMs - known.atMs >= apartMs;
    next.set(key, isDue ? { repairsTotal, atMs: nowMs } : known);
    if (!isDue) return [];
    return [{ regarding, reason: "DriftRepaired", note: noteOf(repairsTotal - known.repairsTotal, said, regarding.kind) }];
  });
  return { events, told: next };
}

interface Group {
  readonly regarding: ObjectReference;
  readonly words: readonly DriftWord[];
}

function byNetwork(words: readonly DriftWord[]): Group[] {
  const groups = Map.groupBy(words, ({ object: { spec } }) => spec.networkUID);
  return [...groups]
    .flatMap(([uid, group]): Group[] => {
      const name = group[0]?.object.spec.network;
      if (uid === undefined || name === undefined) return [];
      return [{ regarding: { apiVersion, kind: podNetworkResource.kind, name, uid }, words: group }];
    })
    .toSorted((a, b) => compareText(a.regarding.name, b.regarding.name));
}

function byNode(words: readonly DriftWord[]): Group[] {
  return words.map((word) => {
    const { name, uid } = word.node;
    return { regarding: { apiVersion: "v1", kind: "Node", name, uid }, words: [word] };
  });
}

function noteOf(more: number, words: readonly DriftWord[], kind: string): string {
  const last = newestOf(words);
  const where = kind === "Node" || last === undefined ? "" : ` on ${last.node}`;
  const newest = last === undefined ? "" : `; the newest${where}: ${describeRepair(last)}`;
  return `put right ${countOf(more, "thing")} that somebody else changed or took away${newest}`;
}

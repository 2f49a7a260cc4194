import { compareText } from "../../lib/text/order.ts";
import type { Repair } from "./drift.ts";

/** When things were repaired lately: kind and key → times. */
export type RepairHistory = ReadonlyMap<string, RepairTimes>;

interface RepairTimes {
  readonly repair: Repair;
  /** The last few, the newest last; milliseconds on a clock that never steps back. */
  readonly times: readonly number[];
  /** Somebody keeps undoing it. */
  readonly isContended: boolean;
}

/** So many repairs of one thing ... */
const contendedRepairs = 5;
/** ... within this time are no accident; */
const contendedMs = 60_000;
/** and it is over after so long without one. */
const quietMs = 3 * 60_000;

/** Between two repairs of what somebody keeps undoing, as far as it is the only thing that needs one. */
const apartMs = 1_000;

/** Things that are remembered; where there are more, those repaired longest ago are forgotten. */
const mostKnown = 4_096;

/** The history with these repairs in it, and without what is long over. */
export function withRepairs(history: RepairHistory, repairs: readonly Repair[], nowMs: number): RepairHistory {
  const kept = [...history].filter(([, { times }]) => nowMs - (times.at(-1) ?? nowMs) < quietMs);
  if (repairs.length === 0) return kept.length === history.size ? history : new Map(kept);
  const known = new Map(kept);
  for (const repair of repairs) {
    const key = `${repair.kind} ${repair.key}`;
    const before = known.get(key);
    const times = [...(before?.times ?? []), nowMs].slice(-contendedRepairs);
    const [oldest = nowMs] = times;
    const isContended = before?.isContended === true || (times.length === contendedRepairs && nowMs - oldest <= contendedMs);
    known.delete(key);
    known.set(key, { repair, times, isContended });
  }
  return new Map([...known].slice(-mostKnown));
}

/** Something that somebody keeps undoing. */
export interface Contended extends Repair {
  /** When it was repaired last. */
  readonly lastMs: number;
}

/** What somebody keeps undoing, sorted. */
export function contendedIn(history: RepairHistory): Contended[] {
  const found = [...history].filter(([, { isContended }]) => isContended);
  return found
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, { repair, times }]) => ({ ...repair, lastMs: times.at(-1) ?? Number.NEGATIVE_INFINITY }));
}

/**
 * How long a change that the kernel tells of in this line is left as it is. Zero, but where it names something that somebody keeps undoing and that was repaired less than a
 * second ago, or by a look that has begun at `lookMs` and is not over: so a quarrel over one thing does not keep the node busy, and nothing else waits for it. Where they quarrel over a lot, every line is one of it.
 */
export function leftAloneMs(
  contended: readonly Contended[],
  line: string,
  nowMs: number,
  lookMs = Number.NEGATIVE_INFINITY,
): number {
  return Math.max(0, ...quarrelsIn(contended, line).map(({ lastMs }) => Math.max(lastMs, lookMs) + apartMs - nowMs));
}

/** What of it the kernel tells of in this line. */
export function quarrelsIn(contended: readonly Contended[], line: string): readonly Contended[] {
  return contended.length > mostNamed ? contended : contended.filter(({ key }) => isNamed(line, key));
}

/** So many are looked for in each line, of which there may be thousands at once. */
const mostNamed = 64;

/** By every word of the key, wherever it stands. */
function isNamed(line: string, key: string): boolean {
  return key.split(" ").every((word) => line.includes(word));
}

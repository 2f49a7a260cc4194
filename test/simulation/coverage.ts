/** How often each thing of interest came about, by name, e.g. `"writeAppliedReplyLost"`. */
export interface Coverage {
  hit(name: string, times?: number): void;
  count(name: string): number;
  /** Name → times, sorted by name. */
  all(): ReadonlyMap<string, number>;
  /** Adds what another one counted. */
  add(other: ReadonlyMap<string, number>): void;
  /** Those of `names` that never came about. */
  missing(names: readonly string[]): string[];
}

/** Counters that stand at zero. */
export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  const hit = (name: string, times = 1) => void counts.set(name, (counts.get(name) ?? 0) + times);
  return {
    hit,
    count: (name) => counts.get(name) ?? 0,
    all: () => new Map([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    add: (other) => {
      for (const [name, times] of other) hit(name, times);
    },
    missing: (names) => names.filter((name) => (counts.get(name) ?? 0) === 0),
  };
}

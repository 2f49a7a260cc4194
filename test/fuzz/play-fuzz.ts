import { chanceOf } from "../simulation/chance.ts";
import { type Coverage, createCoverage } from "../simulation/coverage.ts";
import type { Target, Turn } from "./target.ts";

/** A case of which a piece, up to where others have their turn, takes longer than this each time that it is played hangs. Milliseconds of this thread's own work. */
export const longestMs = 50;

/** How often a slow case is played again before that counts, since a machine may be busy and code be compiled. */
const again = 10;

/** So many cases from one seed on. */
export interface Share {
  readonly target: string;
  readonly seed: number;
  readonly count: number;
}

/** A case that did not end well. */
export interface Failed {
  readonly target: string;
  readonly seed: number;
  readonly message: string;
  /** Of one that came to nothing else: other threads may have slowed it down. */
  readonly slow?: true;
}

/** What cases came to. */
export interface Played {
  readonly coverage: ReadonlyMap<string, number>;
  readonly failures: readonly Failed[];
}

/** Plays a share of one target, whatever comes of each case; counters are named `TARGET: WHAT`. */
export async function playShare(target: Target, { seed, count }: Pick<Share, "seed" | "count">): Promise<Played> {
  const coverage = createCoverage();
  const failures: Failed[] = [];
  for (let at = seed; at < seed + count; at++) {
    const failed = await playCase(target, at, coverage);
    if (failed !== undefined) failures.push({ target: target.name, seed: at, ...failed });
  }
  const counts = Array.from(coverage.all(), ([name, times]) => [`${target.name}: ${name}`, times] as const);
  return { coverage: new Map([...counts, [`${target.name}: cases`, count]]), failures };
}

/** Plays one case; gives what is wrong with it. */
async function playCase(target: Target, seed: number, coverage: Coverage): Promise<Pick<Failed, "message" | "slow"> | undefined> {
  try {
    if ((await timed(target, seed, coverage)) <= longestMs) return undefined;
    const times: number[] = [];
    for (let time = 0; time < again; time++) times.push(await timed(target, seed, createCoverage()));
    const least = Math.min(...times);
    const message = `it takes ${least.toFixed(0)} ms, played alone, and ${longestMs} are the most`;
    return least <= longestMs ? undefined : { message, slow: true };
  } catch (error) {
    return { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** The milliseconds that this thread works on the case of a seed without a turn for others; making its input is not counted. */
async function timed(target: Target, seed: number, coverage: Coverage): Promise<number> {
  const input = target.make(chanceOf(seed));
  const laps = startLaps();
  await target.run(input, coverage, laps.turn);
  return laps.longest();
}

/** Tells pieces of work apart. */
function startLaps(): { readonly turn: Turn; readonly longest: () => number } {
  let most = 0;
  let began = workedMs();
  const end = () => {
    most = Math.max(most, workedMs() - began);
    began = workedMs();
  };
  return {
    async turn() {
      end();
    },
    longest() {
      end();
      return most;
    },
  };
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Plays one case and gives its input too, for people. */
export async function traceCase(
  target: Target,
  seed: number,
): Promise<{ readonly input: unknown; readonly error: unknown; readonly ms: number }> {
  const input = target.make(chanceOf(seed));
  const laps = startLaps();
  try {
    await target.run(input, createCoverage(), laps.turn);
    return { input, error: undefined, ms: laps.longest() };
  } catch (error) {
    return { input, error, ms: laps.longest() };
  }
}

/** Counters that stand at zero, of targets that were played. */
export function missingOf(targets: readonly Target[], coverage: Coverage): string[] {
  return coverage.missing(
    targets.flatMap(({ name, counters }) => ["cases", ...counters].map((counter) => `${name}: ${counter}`)),
  );
}

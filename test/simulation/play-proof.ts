import type { ApiKind } from "./api-kind.ts";
import { allocationProof } from "./allocation-proof.ts";
import { type Coverage, createCoverage } from "./coverage.ts";
import { type Ending, runSchedule } from "./run-schedule.ts";

export interface PlayOptions {
  readonly seed: number;
  readonly kinds: readonly ApiKind[];
  readonly coverage: Coverage;
  readonly without?: readonly string[];
  readonly ending?: Ending;
  readonly trace?: (line: string) => void;
}

/** Plays the schedule of one seed and counts what came about. @throws {ScheduleFailure} where it did not end well. */
export async function playProof({ seed, kinds, coverage, without = [], ending = "judged", trace }: PlayOptions): Promise<void> {
  const schedule = allocationProof({ kinds, seed, without });
  const { coverage: found } = await runSchedule(schedule, { seed, ending, ...(trace !== undefined && { trace }) });
  coverage.add(found);
}

/** A piece of work: so many seeds from one on. */
export interface Share {
  readonly seed: number;
  readonly count: number;
  /** Names of moves that are not made. */
  readonly without: readonly string[];
  /** Seeds that this divides are judged at rest; the others end with their last move. */
  readonly judgedEach: number;
}

/** What seeds came to. */
export interface Played {
  readonly coverage: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
}

/** Plays a share, whatever comes of each seed. The same `kinds` serve all shares: made anew, their code would be slow again each time. */
export async function playSeeds({ seed, count, without, judgedEach }: Share, kinds: readonly ApiKind[]): Promise<Played> {
  const coverage = createCoverage();
  const failures: { seed: number; message: string }[] = [];
  for (let at = seed; at < seed + count; at++) {
    try {
      const ending = at % judgedEach === 0 ? "judged" : "open";
      await playProof({ seed: at, kinds, coverage, without, ending });
    } catch (error) {
      failures.push({ seed: at, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { coverage: coverage.all(), failures };
}

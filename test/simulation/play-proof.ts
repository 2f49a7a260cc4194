import type { ApiKind } from "./api-kind.ts";
import { allocationProof, proofKinds } from "./allocation-proof.ts";
import { type Coverage, createCoverage } from "./coverage.ts";
import { runSchedule } from "./run-schedule.ts";

export interface PlayOptions {
  readonly seed: number;
  readonly kinds: readonly ApiKind[];
  readonly coverage: Coverage;
  readonly without?: readonly string[];
  readonly trace?: (line: string) => void;
}

/** Plays the schedule of one seed and counts what came about. @throws {ScheduleFailure} where it did not end well. */
export async function playProof({ seed, kinds, coverage, without = [], trace }: PlayOptions): Promise<void> {
  const schedule = allocationProof({ kinds, seed, without });
  const { coverage: found } = await runSchedule(schedule, { seed, ...(trace !== undefined && { trace }) });
  coverage.add(found);
}

/** What seeds came to. */
export interface Played {
  readonly coverage: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
}

/** Plays `count` seeds from `seed` on, whatever comes of each. */
export async function playSeeds(seed: number, count: number, without: readonly string[]): Promise<Played> {
  const coverage = createCoverage();
  const kinds = proofKinds();
  const failures: { seed: number; message: string }[] = [];
  for (let at = seed; at < seed + count; at++) {
    try {
      await playProof({ seed: at, kinds, coverage, without });
    } catch (error) {
      failures.push({ seed: at, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { coverage: coverage.all(), failures };
}

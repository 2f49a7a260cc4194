import { Problem } from "../../tools/problem.ts";
import type { ShareProgress } from "./spread-shares.ts";

/** A whole number given as an option of a command. */
export function countOf(text: string, option: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new Problem(`--${option} must be a whole number, not ${JSON.stringify(text)}.`);
  return count;
}

export interface SeedReportOptions<Failure> {
  readonly total: number;
  /** What is played, in the plural, e.g. `"schedules"`. */
  readonly noun: string;
  /** What failed, and how to see it happen. */
  readonly render: (failure: Failure) => string;
  /** Goes on after failures. */
  readonly goesOn: boolean;
}

/** Says how far it is every ten seconds, and each failure at once, since the end may be an hour away. */
export interface SeedReport<Failure> {
  readonly onShare: (progress: ShareProgress<Failure>) => boolean;
  readonly seconds: () => number;
}

/** Its time begins now. */
export function startSeedReport<Failure>({ total, noun, render, goesOn }: SeedReportOptions<Failure>): SeedReport<Failure> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let [saidAt, told] = [0, 0];
  return {
    seconds,
    onShare({ done, failures }) {
      for (const failure of failures.slice(told)) console.log(render(failure));
      if (seconds() - saidAt >= 10 || failures.length > told) {
        saidAt = seconds();
        console.log(`${done} of ${total} ${noun}, ${(done / seconds()).toFixed(1)}/s, ${failures.length} failed`);
      }
      told = failures.length;
      return failures.length > 0 && !goesOn;
    },
  };
}

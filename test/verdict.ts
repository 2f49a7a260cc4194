import type { Budget } from "./level.ts";

/** What came of one level, or of providing the binaries (then without counts). */
export interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly budget: Budget;
  readonly counts?: Counts;
  /** Why it could not run, as a sentence. */
  readonly refused?: string;
}

/** Numbers of tests by how they ended; each test is in one of them. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Skipped or only planned: as bad as failed, since nothing may be left out silently. */
  readonly skipped: number;
  /** Files that ran and held no test. */
  readonly emptyFiles: readonly string[];
  /** What failed, in order, e.g. `operator/plan/ledger.test.ts: a range is closed first: expected 1, got 2`. */
  readonly failures: readonly string[];
}

/** What a whole run comes to. */
export interface Verdict {
  readonly passed: number;
  /** Tests that failed or were left out, and everything in `problems`. */
  readonly failed: number;
  /** The failing tests, and what else is wrong, a line each. */
  readonly problems: readonly string[];
}

/** Judges the results of a run. */
export function judge(results: readonly Result[]): Verdict {
  const problems = [...results.flatMap(problemsOf), ...overBudget(results)];
  const passed = sum(results, (result) => result.counts?.passed ?? 0);
  const failed = sum(results, (result) => badTests(result.counts)) + problems.length;
  return { passed, failed, problems: [...results.flatMap((result) => result.counts?.failures ?? []), ...problems] };
}

/** The table of a run: level, tests, passed, failed, seconds, budget. */
export function renderTable(results: readonly Result[]): string {
  const rows = results.map(({ name, counts, seconds, budget, refused }) => {
    const numbers = counts === undefined ? ["-", "-", "-"] : [total(counts), counts.passed, badTests(counts)].map(String);
    const others = budget.levels.filter((level) => level !== name);
    const shared = others.length === 0 ? "" : ` with ${others.join(", ")}`;
    return [name, ...numbers, refused === undefined ? seconds.toFixed(1) : "not run", `${budget.seconds}${shared}`];
  });
  const table = [["level", "tests", "passed", "failed", "seconds", "budget"], ...rows];
  const widths = [15, 7, 8, 8, 9];
  return table
    .map((row) =>
      row
        .map((cell, column) => align(cell, column, widths))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

function align(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column];
  if (width === undefined) return `  ${cell}`;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function problemsOf(result: Result): string[] {
  const { name, counts, refused } = result;
  if (refused !== undefined) return [`${name} could not run: ${refused}`];
  if (counts === undefined) return [];
  if (total(counts) === 0) return [`${name} ran no test at all`];
  return counts.emptyFiles.map((file) => `${file} holds no test`);
}

function overBudget(results: readonly Result[]): string[] {
  const budgets = [...new Set(results.map((result) => result.budget))];
  return budgets.flatMap((budget) => {
    const took = sum(results, (result) => (result.budget === budget ? result.seconds : 0));
    if (took <= budget.seconds) return [];
    return [`${budget.levels.join(" and ")} took ${took.toFixed(0)} s, more than the budget of ${budget.seconds} s`];
  });
}

function badTests(counts: Counts | undefined): number {
  return counts === undefined ? 0 : counts.failed + counts.skipped;
}

function total(counts: Counts): number {
  return counts.passed + counts.failed + counts.skipped;
}

function sum(results: readonly Result[], value: (result: Result) => number): number {
  return results.reduce((total, result) => total + value(result), 0);
}

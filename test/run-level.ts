import { join, relative } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import type { Level } from "./level.ts";
import type { Counts } from "./verdict.ts";

function inTurn({ first = [] }: Level, files: readonly string[]): string[] {
  const found = first.filter((file) => files.includes(file));
  return [...found, ...files.filter((file) => !found.includes(file))];
}

/** A level that hangs is cut off after this many times its budget. */
const PATIENCE = 2;

/**
 * Runs the files of one level by Node's own test runner, with its spec report on standard output.
 * `stop` ends it early; so does a level that hangs. Tests that were cut off count as failed.
 */
export async function runLevel(level: Level, root: string, files: readonly string[], stop: AbortSignal): Promise<Counts> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, emptyFiles: [], failures: [] };
  const events = run({
    files: inTurn(level, files).map((file) => join(root, file)),
    cwd: root,
    concurrency: level.concurrency,
    signal: AbortSignal.any([stop, AbortSignal.timeout(level.budget.seconds * PATIENCE * 1000)]),
  });
  const emptyFiles: string[] = [];
  const failures: string[] = [];
  let counts: Counts = { passed: 0, failed: 0, skipped: 0, emptyFiles, failures };
  // A file that registers no test is reported as one passed test with the file's own name.
  events.on("test:pass", (data) => {
    if (data.name === data.file && data.nesting === 0) emptyFiles.push(data.file.slice(root.length + 1));
  });
  events.on("test:fail", ({ file, name, details: { error } }) => {
    if ("failureType" in error && error.failureType === "subtestsFailed") return;
    const [what] = (error.cause instanceof Error ? error.cause : error).message.split("\n");
    failures.push(`${file === undefined ? "" : `${relative(root, file)}: `}${name}: ${what}`);
  });
  events.on("test:summary", ({ file, counts: { passed, tests, skipped, todo } }) => {
    if (file !== undefined) return;
    const left = skipped + todo;
    counts = { passed: passed - emptyFiles.length, failed: tests - passed - left, skipped: left, emptyFiles, failures };
  });
  const report = events.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report, { writable: false });
  return counts;
}

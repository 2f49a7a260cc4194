import type { Step } from "../reconcile/kind.ts";
import { CommandError } from "./command-error.ts";
import type { Exec, Output } from "./exec.ts";
import type { Batch, BatchLine } from "./kinds/node-kind.ts";
import { isFromOutside } from "./system-error.ts";

/** Step → what its command complained of. */
type Failures<Item> = Map<Step<Item>, string>;

/** Batches of so many lines are written by two commands at once, which takes two thirds of the time. */
const longBatch = 1_000;

/** Runs one batch and gives the steps that failed; none of them stops the others. */
export async function writeBatch<Item>(exec: Exec, batch: Batch<Item>): Promise<Failures<Item>> {
  const { failure, lines } = batch;
  if (failure === "whole" || lines.length < longBatch) return writePart(exec, batch);
  const parts = await Promise.all(halvesOf(lines).map((half) => writePart(exec, { ...batch, lines: half })));
  return new Map(parts.flatMap((part) => [...part]));
}

async function writePart<Item>(exec: Exec, batch: Batch<Item>): Promise<Failures<Item>> {
  const { argv, lines } = batch;
  let output: Output;
  try {
    output = await exec.run(argv, lines.map((line) => `${line.text}\n`).join(""));
  } catch (error) {
    if (!isFromOutside(error)) throw error;
    return allFailed(lines, error.message);
  }
  if (output.status === 0) return new Map();
  if (batch.failure === "whole") return allFailed(lines, CommandError.failed(output).message);
  const { complaints, rest } = ipComplaints(output.stderr);
  const failures = failuresOf(lines, complaints);
  if (rest === "" && complaints.size > 0) return failures;
  // The command gave up at a line it could not even read; all before the last one it named are done.
  const lastNamed = Math.max(0, ...complaints.keys());
  const late = await writeAfterGivingUp(
    exec,
    { ...batch, lines: lines.slice(lastNamed) },
    rest || CommandError.failed(output).message,
  );
  for (const [step, message] of late) if (!failures.has(step)) failures.set(step, message);
  return failures;
}

/** Finds the unreadable line by halving; doing a step twice is harmless. */
async function writeAfterGivingUp<Item>(exec: Exec, batch: Batch<Item>, complaint: string): Promise<Failures<Item>> {
  const { lines } = batch;
  const halves = halvesOf(lines);
  if (halves.length <= 1) return allFailed(lines, complaint);
  const failures: Failures<Item> = new Map();
  for (const half of halves)
    for (const [step, message] of await writePart(exec, { ...batch, lines: half })) failures.set(step, message);
  return failures;
}

/** In their order, those of one step together; one half where there is one step. */
function halvesOf<Item>(lines: readonly BatchLine<Item>[]): (readonly BatchLine<Item>[])[] {
  const steps = [...new Set(lines.map((line) => line.step))];
  if (steps.length <= 1) return [lines];
  const early = new Set(steps.slice(0, steps.length / 2));
  return [lines.filter(({ step }) => early.has(step)), lines.filter(({ step }) => !early.has(step))];
}

/**
 * Line number → complaint, from `ip -force -batch -`, which prints a complaint and then `Command failed -:LINE`.
 * `rest` is what it said after the last such line: empty unless it gave up.
 */
export function ipComplaints(stderr: string): { complaints: Map<number, string>; rest: string } {
  const complaints = new Map<number, string>();
  let pending: string[] = [];
  for (const line of stderr.split("\n")) {
    const failed = /^Command failed -:(\d+)$/.exec(line);
    if (failed === null) pending.push(line);
    else {
      complaints.set(Number(failed[1]), pending.join("; "));
      pending = [];
    }
  }
  return { complaints, rest: pending.join("\n").trim() };
}

function failuresOf<Item>(lines: readonly BatchLine<Item>[], complaints: Map<number, string>): Failures<Item> {
  const failures: Failures<Item> = new Map();
  for (const [number, complaint] of complaints) {
    const line = lines[number - 1];
    // The first complaint of a step is the cause of those that follow it.
    if (line !== undefined && line.mayFail !== true && !failures.has(line.step))
      failures.set(line.step, `${line.text}: ${complaint}`);
  }
  return failures;
}

function allFailed<Item>(lines: readonly BatchLine<Item>[], message: string): Failures<Item> {
  return new Map(lines.map((line) => [line.step, message]));
}

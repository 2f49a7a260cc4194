import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HuntFailure, HuntLine } from "./hunt-report.ts";

/** What playing schedules came to. `broken`: it says nothing of the protocol, since the code does not run. */
export type Played =
  | { readonly is: "passed" }
  | { readonly is: "failed"; readonly failure: HuntFailure }
  | { readonly is: "broken"; readonly why: string };

export interface PlayOptions {
  readonly folder: string;
  readonly from: number;
  readonly count: number;
  readonly signal: AbortSignal;
}

/** One schedule takes a fraction of a second; more than this is a loop without an end. */
const silenceMs = 180_000;

/** Errors of code that is no longer what it was meant to be, rather than of a broken protocol. */
const slips = new Set(["TypeError", "ReferenceError", "SyntaxError"]);

/** Plays schedules of the code in a folder, in a process of its own, until one fails. */
export async function playTree({ folder, from, count, signal }: PlayOptions): Promise<Played> {
  const script = join(folder, "test", "mutation", "hunt.ts");
  const child = spawn(process.execPath, [script, `${from}`, `${count}`], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  const words: string[] = [];
  let last: HuntLine | undefined;
  let isSilent = false;
  const watch = setTimeout(() => {
    isSilent = true;
    child.kill("SIGKILL");
  }, silenceMs);
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = JSON.parse(line) as HuntLine;
    watch.refresh();
  });
  createInterface({ input: child.stderr }).on("line", (line) => words.push(line));
  await new Promise<void>((resolve) => {
    child.once("error", (error) => words.push(error.message));
    child.once("close", () => resolve());
  });
  clearTimeout(watch);
  signal.throwIfAborted();
  return judge(last, isSilent, words);
}

function judge(last: HuntLine | undefined, isSilent: boolean, words: readonly string[]): Played {
  if (last === undefined) return { is: "broken", why: `the code cannot be loaded: ${words.join(" ")}` };
  if (last.is === "passed") return last;
  if (last.is === "failed") {
    const { error, message, seed } = last.failure;
    return slips.has(error) ? { is: "broken", why: `the code fails by itself at seed ${seed}: ${error}: ${message}` } : last;
  }
  const seed = last.is === "alive" ? last.seed + 1 : undefined;
  const where = seed === undefined ? "the first schedule" : `the schedule of seed ${seed}`;
  return { is: "broken", why: isSilent ? `${where} does not end` : `${where} ended the process: ${words.join(" ")}` };
}

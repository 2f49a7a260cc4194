import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Mutant } from "./mutant.ts";

/** A test that failed. */
export interface FailedTest {
  readonly name: string;
}

export interface TestOptions {
  readonly folder: string;
  readonly mutant: Mutant;
  readonly signal: AbortSignal;
}

/** In a broken tree, the first failure of the tests that stand beside the code that was broken; undefined where none notices. */
export async function testTree({ folder, mutant, signal }: TestOptions): Promise<FailedTest | undefined> {
  const beside = new Set(mutant.edits.map(({ file }) => dirname(file)));
  const files = (await Promise.all([...beside].map((place) => testsIn(folder, place)))).flat();
  if (files.length === 0) return undefined;
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...files], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    signal,
    killSignal: "SIGKILL",
  });
  let first: FailedTest | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const name = /^not ok \d+ - (.*)$/.exec(line)?.[1];
    if (name !== undefined) first ??= { name };
  });
  await new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  signal.throwIfAborted();
  return first;
}

/** Unit tests of a folder; those that need a lab or minutes bear another ending. */
async function testsIn(folder: string, place: string): Promise<string[]> {
  const names = await readdir(join(folder, place));
  return names.filter((name) => /^[a-z-]+(\.property)?\.test\.ts$/.test(name)).map((name) => join(place, name));
}

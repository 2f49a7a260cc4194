import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Mutant } from "./mutant.ts";

/** What the tests came to; `"broken"`: a file of them could not be run at all, which says nothing of what it tests. */
export type Tested =
  | { readonly is: "passed" }
  | { readonly is: "noticed"; readonly test: string }
  | { readonly is: "broken"; readonly why: string };

export interface TestOptions {
  readonly folder: string;
  /** Whose tests are run: those that stand beside the code that these change. */
  readonly mutants: readonly Mutant[];
  readonly signal: AbortSignal;
}

/** Runs unit tests of a tree, and tells of the first one that failed. */
export async function testTree({ folder, mutants, signal }: TestOptions): Promise<Tested> {
  const beside = new Set(mutants.flatMap(({ edits }) => edits.map(({ file }) => dirname(file))));
  const files = (await Promise.all([...beside].map((place) => testsIn(folder, place)))).flat();
  if (files.length === 0) return { is: "passed" };
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...files], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    signal,
    killSignal: "SIGKILL",
  });
  let first: string | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    first ??= /^not ok \d+ - (.*)$/.exec(line)?.[1];
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  signal.throwIfAborted();
  if (first !== undefined)
    return isFile(first) ? { is: "broken", why: `${first} cannot be run` } : { is: "noticed", test: first };
  return code === 0 ? { is: "passed" } : { is: "broken", why: `the tests ended with ${code}` };
}

/** A file that cannot be loaded is reported as a test of its own name. */
function isFile(test: string): boolean {
  return test.endsWith(".test.ts");
}

/** Unit tests of a folder; those that need a lab or minutes bear another ending. */
async function testsIn(folder: string, place: string): Promise<string[]> {
  const names = await readdir(join(folder, place));
  return names.filter((name) => /^[a-z-]+(\.property\.proof)?\.test\.ts$/.test(name)).map((name) => join(place, name));
}

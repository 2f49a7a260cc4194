import { Problem } from "../tools/problem.ts";

/** Runs a command's work; gives its exit code. A Problem becomes its one sentence on standard error and code 1; anything else is a bug and is thrown on. */
export async function reportedExit(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** An error that a person can end: its message says what, where and what to do, and is printed without a stack. */
export class Problem extends Error {
  override readonly name = "Problem";
}

/** Runs a command's main to its end and sets the exit code: what main gives, 2 for a Problem, 1 for a bug. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  // Whoever reads the output has seen enough, e.g. `… | head -1`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof Problem) {
      process.stderr.write(`podnet: ${error.message}\n`);
      process.exitCode = 2;
      return;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}

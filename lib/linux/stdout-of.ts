import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";

/**
 * What a command printed that has to succeed.
 * @throws {CommandError} when it cannot be run, or ends with an exit status other than 0.
 */
export async function stdoutOf(exec: Exec, argv: readonly string[]): Promise<string> {
  const output = await exec.run(argv);
  if (output.status !== 0) throw CommandError.failed(output);
  return output.stdout;
}

import assert from "node:assert/strict";
import type { CommandResult } from "../../lab/host.ts";

/** What a command in a lab printed; it has to succeed. */
export async function succeed(result: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  assert.equal(code, 0, stderr);
  return stdout;
}

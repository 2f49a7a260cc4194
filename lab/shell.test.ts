import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const program = `
  import { runInForeground } from ${JSON.stringify(new URL("./shell.ts", import.meta.url).href)};
  const command = "console.log(process.pid); setInterval(() => {}, 1000)";
  process.exitCode = await runInForeground([process.execPath, "--eval", command], process.env);
`;

for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const])
  test(`away from a terminal, ${signal} ends the command that is waited for, and its end is passed on without a word`, async (t) => {
    // A group of its own, which is not the foreground of any terminal.
    const waiting = spawn(process.execPath, ["--input-type=module", "--eval", program], { detached: true });
    t.after(() => waiting.pid !== undefined && waiting.exitCode === null && process.kill(-waiting.pid, "SIGKILL"));
    let complaints = "";
    waiting.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
    const [pid]: unknown[] = await once(waiting.stdout, "data");
    waiting.kill(signal);
    assert.deepEqual(await once(waiting, "close"), [code, null]);
    assert.equal(complaints, "");
    assert.throws(() => process.kill(Number(String(pid)), 0), { code: "ESRCH" });
  });

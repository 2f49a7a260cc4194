import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

const program = join(import.meta.dirname, "../../test/support/stopping-program.ts");

interface Run {
  readonly child: ChildProcess;
  /** Resolves when the program has begun. */
  readonly begun: Promise<void>;
  /** Exit code, and the log lines as level and message. */
  readonly ended: Promise<{ readonly code: number | null; readonly log: readonly string[] }>;
}

/** Starts the program with one of its ways to behave. */
function run(t: TestContext, way: string): Run {
  const child = spawn(process.execPath, [program, way], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.includes('"begun"')) resolve();
  });
  const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code))).then((code) => {
    const lines: { readonly level: string; readonly message: string }[] = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return { code, log: lines.map(({ level, message }) => `${level} ${message}`).filter((line) => line !== "info begun") };
  });
  return { child, begun, ended };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends it in order, with 0 and nothing to say`, async (t) => {
    const { child, begun, ended } = run(t, "obeys");
    await begun;
    child.kill(signal);
    assert.deepEqual(await ended, { code: 0, log: [] });
  });
}

test("a second signal ends it at once, with the code of a signal", async (t) => {
  const { child, begun, ended } = run(t, "ignores");
  await begun;
  child.kill("SIGTERM");
  child.kill("SIGINT");
  const { code } = await ended;
  assert.ok(code === 130 || code === 143, `code ${code}`);
});

test("whoever does not end within the grace is ended, with one line", async (t) => {
  const { child, begun, ended } = run(t, "ignores-with-short-grace");
  await begun;
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { code: 1, log: ["error stop took too long, ending at once"] });
});

for (const way of ["throws", "rejects-unheard", "throws-uncaught"]) {
  test(`a program that ${way.replace("-", " ")} ends with 1 and one fatal line`, async (t) => {
    const { code, log } = await run(t, way).ended;
    assert.equal(code, 1);
    assert.equal(log.length, 1);
    assert.match(log[0] ?? "", /^fatal /);
  });
}

test("a program that is done ends with 0", async (t) => {
  assert.deepEqual(await run(t, "ends").ended, { code: 0, log: [] });
});

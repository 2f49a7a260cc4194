import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

const STARTER = join(import.meta.dirname, "start.mjs");

/** Says each signal it gets, and ends with 7 once its standard input is closed. */
const SCRIPT = `
import { writeSync } from "node:fs";
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => writeSync(1, signal + "\\n"));
process.stdin.on("end", () => process.exit(7)).resume();
writeSync(1, JSON.stringify([process.version, ...process.argv.slice(2)]) + "\\n");
`;

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** Resolves once the output ends in a line. */
  readonly hasSaid: (line: string) => Promise<void>;
  readonly ended: Promise<unknown[]>;
}

function start(t: test.TestContext, script: string, ...words: string[]): Started {
  const folder = mkdtempSync(join(tmpdir(), "podnet-start-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "script.mjs"), script);
  // A group of its own, so that a signal to the group meets the starter and nobody else.
  const child = spawn(process.execPath, [STARTER, "script.mjs", ...words], { cwd: folder, detached: true });
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const hasSaid = async (line: string): Promise<void> => {
    while (!text.endsWith(`${line}\n`)) await once(child.stdout, "data");
  };
  return { child, said: () => text, hasSaid, ended: once(child, "close") };
}

test("the script runs on the pinned Node with its arguments as they are, and its exit code is passed on", async (t) => {
  const { child, said, ended } = start(t, SCRIPT, "a", "b  c", "--keep");
  child.stdin?.end();
  assert.deepEqual(await ended, [7, null]);
  assert.deepEqual(JSON.parse(said()), [process.version, "a", "b  c", "--keep"]);
});

test("a signal to the starter's whole group, as an impatient caller sends it, reaches the script once and is waited for", async (t) => {
  const { child, said, hasSaid, ended } = start(t, SCRIPT);
  await hasSaid(`["${process.version}"]`);
  assert.ok(child.pid !== undefined);
  process.kill(-child.pid, "SIGINT");
  await hasSaid("SIGINT");
  child.kill("SIGTERM");
  await hasSaid("SIGTERM");
  child.stdin?.end();
  assert.deepEqual(await ended, [7, null]);
  assert.equal(said(), `["${process.version}"]\nSIGINT\nSIGTERM\n`);
});

test("a script that a signal ends gives the exit code a shell would give", async (t) => {
  const { ended } = start(t, "process.kill(process.pid, 'SIGKILL');");
  assert.deepEqual(await ended, [137, null]);
});

test("a missing script is one clear sentence", async (t) => {
  const child = spawn(process.execPath, [STARTER, "missing.ts"], { cwd: tmpdir() });
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  assert.deepEqual(await once(child, "close"), [2, null]);
  assert.match(text, /^podnet: there is no script missing\.ts in .* or here\.\n$/);
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LabProcess } from "./host.ts";
import { recordedProcesses } from "./process-record.ts";
import { startProcess } from "./process.ts";
import { identify, isAlive } from "./process-table.ts";
import { runCommand } from "./run-command.ts";
import { waitUntil } from "./wait-until.ts";

let place: string;
before(() => {
  place = mkdtempSync(join(tmpdir(), "process-test-"));
});
after(() => rmSync(place, { recursive: true }));

function start(name: string, script: string): LabProcess {
  const argv = [process.execPath, "--eval", script];
  return startProcess({ host: "here", name, argv, logFile: join(place, "logs", `${name}.log`), registryDirectory: place });
}

const log = (child: LabProcess): string => readFileSync(child.logFile, "utf8");

test("a process writes to its log, and its end is told with its code", async () => {
  const child = start("brief", "console.log('out'); console.error('err'); process.exitCode = 3");
  assert.equal(await child.exited, 3);
  assert.equal(log(child), "out\nerr\n");
  await child.stop();
});

test("a process is recorded while it runs, by a number that no later process has", async () => {
  const child = start("recorded", "setTimeout(() => {}, 600000)");
  const [record] = recordedProcesses(place);
  assert.ok(record);
  assert.deepEqual([record.host, record.name, record.pid], ["here", "recorded", child.pid]);
  assert.ok(isAlive(record));
  assert.ok(!isAlive({ ...record, startTime: `${record.startTime}0` }));
  await child.kill();
  assert.equal(await child.exited, "SIGKILL");
  assert.ok(!isAlive(record));
  assert.deepEqual(recordedProcesses(place), []);
});

test("a stopped process may end by itself, and takes with it what it has started", async () => {
  const script = `
    const { spawn } = require("node:child_process");
    process.on("SIGTERM", () => { console.log("ending"); process.exit(0); });
    console.log(spawn("sleep", ["600"]).pid);`;
  const child = start("parent", script);
  const grandchild = await waitUntil("the grandchild's number", 10_000, () => Number(log(child).trim()) || undefined);
  await child.stop();
  assert.equal(await child.exited, 0);
  assert.match(log(child), /ending/);
  await waitUntil("the grandchild's end", 10_000, () => identify(grandchild) === undefined || undefined);
});

test("a command's output, code and input pass through, and one that cannot start or takes too long is told", async () => {
  assert.deepEqual(await runCommand(["cat"], { stdin: "in" }), { code: 0, stdout: "in", stderr: "" });
  assert.equal((await runCommand(["false"])).code, 1);
  assert.equal((await runCommand(["no-such-program-here"])).code, 127);
  const slow = await runCommand(["sleep", "600"], { timeoutMs: 50 });
  assert.equal(slow.code, 124);
  assert.match(slow.stderr, /sleep took longer than 50 ms/);
});

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readConfFolder } from "../cni/conf-folder.ts";
import { renderConflist } from "../cni/plan/conflist.ts";
import { CommandError } from "../lib/linux/command-error.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { conflistSample } from "../test/support/conflist-sample.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { closingMs, createLeaving } from "./leaving.ts";

const name = "10-podnet.conflist";

/** A node that leaves, with an open configuration; nothing of its kernel can be seen. */
async function leavingNode(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-leaving-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  const open = () => writeFile(join(path, name), renderConflist(conflistSample()));
  await open();
  const clock = createFakeClock();
  const exec = { ...makeExec(), run: () => Promise.reject(new CommandError("Timeout", "it took too long")) };
  const leaving = createLeaving({ exec, procSys: "/proc/sys" }, clock);
  const step = async () => {
    const { isLeft, againAfterMs } = await leaving.step({ path, files: await readConfFolder(path) }, false);
    return [isLeft, againAfterMs];
  };
  return { clock, open, step, obstacle: join(path, `.${name}.podnet-new`) };
}

test("a node is taken down five seconds after its configuration was closed", async (t) => {
  const { clock, step } = await leavingNode(t);
  assert.deepEqual(await step(), [false, closingMs]);
  await clock.advance(closingMs - 1);
  assert.deepEqual(await step(), [false, 1]);
  await clock.advance(1);
  assert.deepEqual(await step(), [true, undefined]);
});

test("a node whose configuration cannot be closed stays up, and is looked at again soon", async (t) => {
  const { clock, step, obstacle } = await leavingNode(t);
  await mkdir(obstacle);
  assert.deepEqual(await step(), [false, 1_000]);
  await clock.advance(closingMs);
  assert.deepEqual(await step(), [false, 1_000], "pods get addresses all the time");
  await rmdir(obstacle);
  assert.deepEqual(await step(), [false, closingMs]);
  await clock.advance(closingMs);
  assert.deepEqual(await step(), [true, undefined]);
});

test("a configuration that somebody opens again counts from when it is closed again", async (t) => {
  const { clock, step, open } = await leavingNode(t);
  await step();
  await clock.advance(closingMs);
  await open();
  assert.deepEqual(await step(), [false, closingMs]);
  await clock.advance(closingMs);
  assert.deepEqual(await step(), [true, undefined]);
});

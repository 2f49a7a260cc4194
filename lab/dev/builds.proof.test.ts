import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createBuilds } from "./builds.ts";

test("a build runs, and the next one takes its name while the first stays where it is", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-builds-"));
  t.after(() => rm(folder, { recursive: true }));
  const builds = await createBuilds(folder);
  t.after(() => builds.close());
  const { program } = builds;
  await builds.renew();
  const first = await realpath(program);
  await builds.renew();
  const second = await realpath(program);
  assert.notEqual(dirname(first), dirname(second));
  for (const path of [first, second, program]) {
    const { stdout } = await promisify(execFile)(process.execPath, [path, "--help"]);
    assert.match(stdout, /^Usage: podnet/);
  }
});

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "../exec.ts";
import { commitBefore } from "./previous-commit.ts";

test("where a clone has no commit before this one, the reason says how to get it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-commits-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const git = async (...args: readonly string[]): Promise<void> => {
    const { code, output } = await exec([
      "git",
      "-C",
      folder,
      "-c",
      "user.name=test",
      "-c",
      "user.email=test@example.com",
      ...args,
    ]);
    assert.equal(code, 0, output.join("\n"));
  };
  const commit = () => git("commit", "--quiet", "--allow-empty", "--message=one more");
  await git("init", "--quiet");
  await commit();
  await assert.rejects(commitBefore(folder), /The commit before this one.*git fetch --unshallow/);
  await commit();
  assert.match(await commitBefore(folder), /^[0-9a-f]{40}$/);
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { namesIn } from "./folder.ts";

test("a folder that is not there has no names in it; what is no folder is an error", async (t) => {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-folder-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  await writeFile(join(path, "file"), "");
  assert.deepEqual(await namesIn(path), ["file"]);
  assert.deepEqual(await namesIn(join(path, "none")), []);
  await assert.rejects(namesIn(join(path, "file")), { code: "ENOTDIR" });
});

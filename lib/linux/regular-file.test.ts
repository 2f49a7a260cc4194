import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readRegularFile } from "./regular-file.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-regular-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("a file is read with when it was written, and one that is too long without its content", async (t) => {
  const path = join(await folder(t), "file");
  await writeFile(path, "content");
  const found = await readRegularFile(path, { longest: 7 });
  assert.equal(found?.content, "content");
  assert.ok(found.writtenNs > 1_700_000_000_000_000_000n);
  assert.equal((await readRegularFile(path, { longest: 6 }))?.content, undefined);
});

test("what is no regular file is none, and is not waited for", async (t) => {
  const path = await folder(t);
  const at = (name: string) => join(path, name);
  await writeFile(at("file"), "content");
  await mkdir(at("folder"));
  execFileSync("mkfifo", [at("pipe")]);
  await symlink("file", at("link"));
  await symlink("loop", at("loop"));
  const server = createServer().listen(at("socket"));
  t.after(() => server.close());
  for (const name of ["folder", "pipe", "link", "loop", "nothing", "file/below", "socket"])
    assert.equal(await readRegularFile(at(name)), undefined, name);
  assert.equal((await readRegularFile(at("link"), { follow: true }))?.content, "content");
  for (const name of ["folder", "pipe"]) assert.equal(await readRegularFile(at(name), { follow: true }), undefined, name);
});

test("what cannot be read is an error, not a file that is not there", async (t) => {
  await assert.rejects(readRegularFile(join(await folder(t), "x".repeat(300))), { code: "ENAMETOOLONG" });
});

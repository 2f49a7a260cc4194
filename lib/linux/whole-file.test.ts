import assert from "node:assert/strict";
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { removeWhole, writeWhole } from "./whole-file.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-whole-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Sources of the same content: a text, and a file of another mode. */
async function contents(path: string) {
  const source = join(path, "source");
  await writeFile(source, "new");
  await chmod(source, 0o400);
  return [
    { from: "text", text: "new" },
    { from: "file", path: source },
  ] as const;
}

test("a file takes the place of another with its own mode, and whoever has the old one open keeps that", async (t) => {
  const path = await folder(t);
  for (const content of await contents(path)) {
    const [target, old] = [join(path, "target"), join(path, "old")];
    await writeFile(target, "old");
    await link(target, old);
    await writeWhole(target, content, 0o750);
    assert.equal(await readFile(target, "utf8"), "new", content.from);
    assert.equal((await stat(target)).mode & 0o7777, 0o750, content.from);
    assert.equal(await readFile(old, "utf8"), "old", content.from);
    await rm(old);
  }
  assert.deepEqual((await readdir(path)).toSorted(), ["source", "target"]);
});

test("what a crash left of an earlier write, also a link to elsewhere, is not written through", async (t) => {
  const path = await folder(t);
  const theirs = join(path, "theirs");
  for (const content of await contents(path)) {
    await writeFile(theirs, "theirs");
    await symlink(theirs, join(path, ".target.podnet-new"));
    await writeWhole(join(path, "target"), content, 0o644);
    assert.equal(await readFile(theirs, "utf8"), "theirs", content.from);
    assert.equal(await readFile(join(path, "target"), "utf8"), "new", content.from);
  }
});

test("where it cannot be put in place, what was there stays and nothing is left beside it", async (t) => {
  const path = await folder(t);
  await mkdir(join(path, "target", "full"), { recursive: true });
  for (const content of await contents(path))
    await assert.rejects(writeWhole(join(path, "target"), content, 0o644), { code: "EISDIR" });
  await assert.rejects(writeWhole(join(path, "other"), { from: "file", path: join(path, "none") }, 0o644), { code: "ENOENT" });
  assert.deepEqual((await readdir(path)).toSorted(), ["source", "target"]);
});

test("a file is removed, and one that is not there is no error", async (t) => {
  const path = await folder(t);
  await writeFile(join(path, "target"), "");
  await removeWhole(join(path, "target"));
  await removeWhole(join(path, "target"));
  assert.deepEqual(await readdir(path), []);
});

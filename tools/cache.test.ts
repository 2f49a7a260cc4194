import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { entryFlaw, entryName, programFolder, publishEntry, startEntry } from "./cache.ts";

async function withEntry(t: test.TestContext): Promise<{ root: string; entry: string }> {
  const root = mkdtempSync(join(tmpdir(), "podnet-cache-"));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = await startEntry(root, "tool-v1-00");
  writeFileSync(join(programFolder(folder), "tool"), "#!/bin/true\n", { mode: 0o755 });
  symlinkSync("tool", join(programFolder(folder), "alias"));
  await publishEntry(folder, join(root, "tool-v1-00"), "a test");
  return { root, entry: join(root, "tool-v1-00") };
}

test("the name of an entry changes with every ingredient, and with where one ends", () => {
  const name = entryName("etcd", "v3.6.7", ["go.mod", "flags"]);
  assert.match(name, /^etcd-v3\.6\.7-[0-9a-f]{10}$/);
  assert.equal(entryName("etcd", "v3.6.7", ["go.mod", "flags"]), name);
  assert.notEqual(entryName("etcd", "v3.6.7", ["go.mod", "flag"]), name);
  assert.notEqual(entryName("etcd", "v3.6.7", ["go.modf", "lags"]), name);
});

test("a published entry has no flaw and leaves nothing beside it", async (t) => {
  const { root, entry } = await withEntry(t);
  assert.equal(await entryFlaw(entry, true), undefined);
  assert.deepEqual(readdirSync(root), ["tool-v1-00"]);
});

test("an entry that lost, shortened or redirected a file is seen without reading the files", async (t) => {
  const { entry } = await withEntry(t);
  const tool = join(programFolder(entry), "tool");
  chmodSync(tool, 0o644);
  assert.equal(await entryFlaw(entry), "tool has mode 644 instead of 755");
  writeFileSync(tool, "short");
  assert.equal(await entryFlaw(entry), "tool has 5 bytes instead of 12");
  unlinkSync(tool);
  assert.equal(await entryFlaw(entry), "tool is missing");
  unlinkSync(join(programFolder(entry), "alias"));
  symlinkSync("/bin/sh", join(programFolder(entry), "alias"));
  assert.equal(await entryFlaw(entry), "alias should be a link to tool");
});

test("another content of the same length is seen by the thorough look", async (t) => {
  const { entry } = await withEntry(t);
  writeFileSync(join(programFolder(entry), "tool"), "#!/bin/fals\n");
  assert.equal(await entryFlaw(entry), undefined);
  assert.equal(await entryFlaw(entry, true), "tool has another content than when it was made");
});

test("a missing entry and a broken manifest are flaws", async (t) => {
  const { entry } = await withEntry(t);
  writeFileSync(join(entry, "manifest.json"), '{"source": "a test", "files": []}');
  assert.equal(await entryFlaw(entry), "has a manifest of another form");
  rmSync(entry, { recursive: true });
  assert.equal(await entryFlaw(entry), "is not there");
});

test("publishing replaces a broken entry, and starting sweeps what a killed builder left", async (t) => {
  const { root, entry } = await withEntry(t);
  rmSync(join(entry, "manifest.json"));
  mkdirSync(join(root, "tool-v1-00.making-1", "bin"), { recursive: true });
  const folder = await startEntry(root, "tool-v1-00");
  assert.ok(!existsSync(join(root, "tool-v1-00.making-1")));
  writeFileSync(join(programFolder(folder), "tool"), "new", { mode: 0o755 });
  await publishEntry(folder, entry, "a test");
  assert.equal(await entryFlaw(entry, true), undefined);
  assert.deepEqual(readdirSync(root), ["tool-v1-00"]);
});

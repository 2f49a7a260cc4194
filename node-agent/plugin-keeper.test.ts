import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { manifestPath } from "../cni/plugin-manifest.ts";
import { installPlugins, type PluginFolders } from "../cni/plugins.ts";
import { pluginKeeper } from "./plugin-keeper.ts";

/** A source with the plugin `bridge`, a folder to install into, and a keeper that tells what it makes of it. */
async function kept(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "podnet-t-keeper-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [source, target] = [join(root, "image"), join(root, "bin")];
  await mkdir(source);
  await mkdir(target);
  await writeFile(join(source, "bridge"), "bridge 1");
  const outcome = (folders: PluginFolders) => {
    const keeper = pluginKeeper(folders);
    return async () => (await keeper.provide(["bridge"])).map((report) => report.outcome);
  };
  return { source, target, path: join(target, "bridge"), outcome };
}

test("a plugin of somebody else that is made executable, as the message says, is used from then on", async (t) => {
  const { source, target, path, outcome } = await kept(t);
  const provide = outcome({ source, target });
  await writeFile(path, "theirs", { mode: 0o644 });
  assert.deepEqual(await provide(), ["missing"]);
  await chmod(path, 0o755);
  assert.deepEqual(await provide(), ["foreign"]);
});

test("a plugin that is put there by hand, as the message says, is used from then on", async (t) => {
  const { target, path, outcome } = await kept(t);
  const provide = outcome({ source: undefined, target });
  assert.deepEqual(await provide(), ["missing"]);
  await writeFile(path, "theirs", { mode: 0o755 });
  assert.deepEqual(await provide(), ["foreign"]);
});

test("a newer plugin that could not be installed is tried again, without a trace in the folder while it fails", async (t) => {
  const { source, target, path, outcome } = await kept(t);
  await installPlugins({ source, target }, ["bridge"]);
  await writeFile(join(source, "bridge"), "bridge 2");
  const provide = outcome({ source, target });
  const obstacle = join(target, ".bridge.podnet-new");
  await mkdir(obstacle);
  assert.deepEqual(await provide(), ["missing"]);
  const { ino } = await stat(manifestPath(target));
  assert.deepEqual(await provide(), ["missing"]);
  assert.equal((await stat(manifestPath(target))).ino, ino, "the manifest was not written again");
  await rm(obstacle, { recursive: true });
  assert.deepEqual(await provide(), ["installed"]);
  assert.equal(await readFile(path, "utf8"), "bridge 2");
  assert.deepEqual(await provide(), ["installed"], "it is read in full no more");
});

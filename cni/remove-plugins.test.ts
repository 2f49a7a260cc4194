import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { manifestPath } from "./plugin-manifest.ts";
import { removePlugins } from "./remove-plugins.ts";

const hash = createHash("sha256").update("ours").digest("hex");

/** A folder of plugins in which these names are said to be ours. */
async function pluginFolder(t: TestContext, ...names: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "podnet-t-remove-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const target = join(root, "bin");
  await mkdir(target);
  await writeFile(manifestPath(target), JSON.stringify(Object.fromEntries(names.map((name) => [name, [hash]]))));
  return target;
}

test("what is ours goes, and neither what somebody changed nor what a forged manifest names", async (t) => {
  const target = await pluginFolder(t, "bridge", "portmap", "../elsewhere", "calico");
  for (const name of ["bridge", "../elsewhere", "calico"]) await writeFile(join(target, name), "ours");
  await writeFile(join(target, "portmap"), "changed since");
  assert.deepEqual(await removePlugins(target), { removed: [join(target, "bridge")], errors: [] });
  assert.deepEqual((await readdir(target)).toSorted(), ["calico", "portmap"]);
  assert.ok((await readdir(join(target, ".."))).includes("elsewhere"));
});

test("one that cannot be removed keeps no other, and is known as ours the next time", async (t) => {
  const target = await pluginFolder(t, "bridge", "portmap");
  await mkdir(join(target, "bridge"));
  await writeFile(join(target, "portmap"), "ours");
  const { removed, errors } = await removePlugins(target);
  assert.deepEqual(removed, [join(target, "portmap")]);
  assert.match(errors.join(), /bin\/bridge: EISDIR/);
  await rm(join(target, "bridge"), { recursive: true });
  await writeFile(join(target, "bridge"), "ours");
  assert.deepEqual(await removePlugins(target), { removed: [join(target, "bridge")], errors: [] });
  assert.deepEqual(await readdir(target), []);
});

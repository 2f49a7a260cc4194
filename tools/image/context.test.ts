import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { quietProgress } from "../progress.ts";
import { writePlugins } from "./context.ts";
import { pluginLicenses, pluginModules } from "./go-licenses.ts";

test("the CNI plugins are in the image with their licences, and its bill has their modules and the library of the Go that built them", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-context-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const components = await writePlugins(folder, quietProgress());
  assert.ok((await readdir(join(folder, "cni"))).includes("bridge"));
  assert.equal(await readFile(join(folder, basename(pluginLicenses)), "utf8"), await readFile(pluginLicenses, "utf8"));
  const names = components.map(({ name }) => name);
  assert.deepEqual(names, [...(await pluginModules()).keys(), "stdlib"]);
  assert.match(components.at(-1)?.purl ?? "", /^pkg:golang\/stdlib@1\.\d+(\.\d+)?$/);
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pluginLicenses, pluginModules, renderLicenses, unlicensed } from "./go-licenses.ts";

test("the kept licences are of every module of the CNI plugins as it is pinned, and of Go's own library", async () => {
  const text = await readFile(pluginLicenses, "utf8");
  const modules = await pluginModules();
  assert.ok(modules.size > 5);
  assert.deepEqual(unlicensed(modules, text), [], "run: node tools/image/go-licenses.ts");
  assert.match(text, /^Go's standard library\n\nCopyright .* The Go Authors/m);
});

test("a module at another version, or one that is new, has none there", () => {
  const text = renderLicenses([
    ["example.com/a v1.0.0", "Apache License"],
    ["example.com/b v1.0.0", "MIT License"],
  ]);
  const modules = [
    ["example.com/a", "v1.0.0"],
    ["example.com/b", "v1.0.1"],
    ["example.com/c", "v1.0.0"],
  ] as const;
  assert.deepEqual(unlicensed(new Map(modules), text), ["example.com/b v1.0.1", "example.com/c v1.0.0"]);
});

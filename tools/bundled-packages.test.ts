import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { noticesOf, packageFolder, packagesIn } from "./bundled-packages.ts";

test("a file belongs to the innermost package that it lies in, or to none", () => {
  assert.equal(packageFolder("node_modules/pino/lib/tools.js"), "node_modules/pino");
  assert.equal(packageFolder("node_modules/@kubernetes/client-node/dist/index.js"), "node_modules/@kubernetes/client-node");
  assert.equal(packageFolder("node_modules/a/node_modules/@b/c/d.js"), "node_modules/a/node_modules/@b/c");
  assert.equal(packageFolder("cli/podnet.ts"), undefined);
});

test("each package is told once, with its version, its licence and the text of that", async () => {
  const inputs = ["node_modules/pino/pino.js", "node_modules/pino/lib/tools.js", "cli/podnet.ts"];
  const packages = await packagesIn(join(import.meta.dirname, ".."), inputs);
  assert.deepEqual(
    packages.map(({ name, license }) => [name, license]),
    [["pino", "MIT"]],
  );
  assert.match(packages[0]?.version ?? "", /^\d+\.\d+\.\d+$/);
  assert.match(packages[0]?.text ?? "", /MIT License/i);
});

test("the list begins with our own licence", () => {
  const text = noticesOf("Ours.\n", [{ name: "a", version: "1.0.0", license: "ISC", text: undefined }]);
  assert.match(text, /^podnet\n\nOurs\.\n\n-+\n\na 1\.0\.0 \(ISC\)\n\nIt comes without a text of its own\.\n$/);
});

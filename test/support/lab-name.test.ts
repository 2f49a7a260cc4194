import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { instanceNameFault } from "../../lab/instance.ts";
import { labName } from "./lab-name.ts";
import { readSourceTree } from "./source-tree.ts";

test("a lab is named after its test and after this run of it, and the name is one that a lab may have", () => {
  assert.match(labName("kube-client"), /^kube-client-[0-9a-z]{1,5}$/);
  assert.notEqual(labName("kube-client"), labName("kube-objects"));
  assert.equal(instanceNameFault(labName("a-test-with-a-long-name")), undefined);
});

test("every test that starts a lab names it for its own run, so that it can run twice at once on one machine", () => {
  const imports = (file: { readonly imports: readonly { readonly target: string }[] }, path: string): boolean =>
    file.imports.some(({ target }) => target === path);
  const starting = [...readSourceTree(join(import.meta.dirname, "../..")).values()].filter(
    (file) => file.path.endsWith(".test.ts") && imports(file, "lab/start-lab.ts"),
  );
  assert.ok(starting.length > 10);
  for (const file of starting) assert.ok(imports(file, "test/support/lab-name.ts"), `${file.path} names its lab by labName`);
});

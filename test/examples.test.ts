import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { renderIssue } from "../crds/issue.ts";
import { parsePodNetwork } from "../crds/parse.ts";
import { validatePodNetwork } from "../crds/validate.ts";

const folder = join(import.meta.dirname, "../examples");
const files = readdirSync(folder);

test("there are examples, all of them YAML", () => {
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((file) => !file.endsWith(".yaml")),
    [],
  );
});

for (const file of files) {
  test(`examples/${file} is right, and begins by saying what it shows`, () => {
    const text = readFileSync(join(folder, file), "utf8");
    assert.match(text, /^# \S/);
    for (const document of parseAllDocuments(text)) {
      const parsed = parsePodNetwork(document.toJS());
      const issues = parsed.issues ?? validatePodNetwork(parsed.value);
      assert.deepEqual(issues.map(renderIssue), []);
    }
  });
}

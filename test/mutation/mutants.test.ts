import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { type Edit, edited } from "./mutant.ts";
import { mutants } from "./mutants.ts";

const root = join(import.meta.dirname, "..", "..");

/** File → its text with all edits of a mutant made, or what is in the way. */
async function broken(edits: readonly Edit[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const result = edited(texts.get(edit.file) ?? (await readFile(join(root, edit.file), "utf8")), edit);
    assert.ok("text" in result, "problem" in result ? result.problem : "");
    texts.set(edit.file, result.text);
  }
  return texts;
}

test("each mutant still finds what it breaks, exactly once, and leaves files that can be read", async () => {
  for (const { name, edits } of mutants) {
    for (const [file, text] of await broken(edits).catch((error: unknown) => assert.fail(`${name}: ${String(error)}`)))
      assert.doesNotThrow(() => stripTypeScriptTypes(text), `${name}: ${file}`);
  }
});

test("a mutant has a name of its own and says in a sentence what it breaks", () => {
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  assert.ok(mutants.length >= 18);
  for (const { name, breaks, edits } of mutants) {
    assert.match(name, /^[a-z]+(-[a-z]+)+$/);
    assert.match(breaks, /^[A-Z].*\.$/);
    assert.ok(edits.length > 0);
  }
});

test("an edit whose text is not there, or is there twice, is refused with a sentence that says so", () => {
  const edit = { file: "a.ts", find: "b", replace: "c" };
  assert.deepEqual(edited("abd", edit), { text: "acd" });
  const problem = (text: string) => JSON.stringify(edited(text, edit));
  assert.match(problem("ad"), /no longer occurs in a\.ts; bring the mutant to what the code is now/);
  assert.match(problem("abdb"), /occurs 2 times in a\.ts/);
});

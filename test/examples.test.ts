import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { renderIssue } from "../crds/issue.ts";
import { parsePodNetwork } from "../crds/parse.ts";
import { type Schema, schemaFor } from "../crds/schema.ts";
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

/** The path of every field below `spec` in a CRD's schema, e.g. `"ranges[].cidr"`; maps and plain lists end one. */
function fieldsOf(schema: Schema, path = ""): string[] {
  const inner = schema.items?.properties === undefined ? schema : schema.items;
  const below = inner === schema ? path : `${path}[]`;
  const children = Object.entries(inner.properties ?? {});
  return children.length === 0
    ? [path]
    : children.flatMap(([name, child]) => fieldsOf(child, below === "" ? name : `${below}.${name}`));
}

/** Whether a value has the field of a path, in an entry of a list in any. */
function has(value: unknown, steps: readonly string[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return value !== undefined;
  if (Array.isArray(value)) return value.some((entry) => has(entry, steps));
  return typeof value === "object" && value !== null && has(Object.entries(value).find(([key]) => key === step)?.[1], rest);
}

test("examples/every-field.yaml has every field that a PodNetwork has", () => {
  const spec = schemaFor("PodNetwork").properties?.["spec"];
  assert.ok(spec);
  const example: unknown = parse(readFileSync(join(folder, "every-field.yaml"), "utf8"));
  const fields = fieldsOf(spec);
  assert.ok(fields.length > 20);
  assert.deepEqual(
    fields.filter((field) => !has(example, ["spec", ...field.replaceAll("[]", "").split(".")])),
    [],
  );
});

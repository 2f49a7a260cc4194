import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CRD_FILES } from "./crd-files.ts";

test("every definition in crds/ is in the list, and nothing else", () => {
  const files = globSync("crds/*.yaml", { cwd: join(import.meta.dirname, "..") });
  assert.deepEqual(CRD_FILES.toSorted(), files.toSorted());
});

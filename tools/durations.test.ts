import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileDurations } from "./durations.ts";

test("durations are remembered side by side, and a broken or unwritable file only knows nothing", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "podnet-durations-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "new", "durations.json");
  assert.equal(fileDurations(file).expected("building"), undefined);
  fileDurations(file).record("building", 12.4);
  fileDurations(file).record("linking", 3);
  assert.equal(fileDurations(file).expected("building"), 12);
  assert.equal(fileDurations(file).expected("linking"), 3);
  writeFileSync(file, '{"building": "long", "linking": 3');
  assert.equal(fileDurations(file).expected("linking"), undefined);
  const nowhere = fileDurations(join(file, "durations.json"));
  nowhere.record("building", 1);
  assert.equal(nowhere.expected("building"), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSnapshotFile } from "./snapshot-file.ts";

test("what a snapshot says of itself is told without what could deceive a reader", () => {
  const read = parseSnapshotFile(JSON.stringify({ format: "podnet-snapshot", version: "2\u202e" }));
  assert.ok("problem" in read);
  assert.match(read.problem, /^it has version "2\\u202e", and this podnet reads \d+; make it anew with this podnet$/);
});

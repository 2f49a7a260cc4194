import assert from "node:assert/strict";
import test from "node:test";
import { checksumFor } from "./release.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

test("a checksum stands alone or beside its file's name", () => {
  assert.equal(checksumFor("kubelet", `${A}\n`), A);
  assert.equal(checksumFor("two.tgz", `${A}  one.tgz\n${B}  two.tgz\n`), B);
  assert.equal(checksumFor("two.tgz", `${A} *./one.tgz\n${B.toUpperCase()} *./two.tgz\n`), B);
});

test("a checksum of another file, or something else than a checksum, is none", () => {
  assert.equal(checksumFor("three.tgz", `${A}  one.tgz\n${B}  two.tgz\n`), undefined);
  assert.equal(checksumFor("kubelet", "<html>not found</html>"), undefined);
  assert.equal(checksumFor("kubelet", ""), undefined);
});

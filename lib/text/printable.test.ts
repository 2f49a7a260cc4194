import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "./printable.ts";

test("what people write in any language stays as it is", () => {
  for (const text of ["", "10.244.0.0/16", "Zürich", "東京", "наблюдение", "👩‍🚀 ok", 'a "b" \\c', "no\u00a0break"])
    assert.equal(printable(text), text);
});

test("control characters, line ends, turned writing and half characters are spelled out", () => {
  assert.equal(printable("a\u001b[31mb"), "a\\u001b[31mb");
  assert.equal(printable("one\r\ntwo\u0085three\u2028"), "one\\u000d\\u000atwo\\u0085three\\u2028");
  assert.equal(printable("\u202egnp.exe"), "\\u202egnp.exe");
  assert.equal(printable("\ud83d"), "\\ud83d");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { goVersionOf } from "./go-build-info.ts";

/** As a linker of Go writes it. */
function program(version: string, flags = 2): Buffer {
  const head = Buffer.concat([Buffer.from("\xff Go buildinf:", "latin1"), Buffer.from([8, flags])]);
  const text = Buffer.from(version);
  return Buffer.concat([
    Buffer.alloc(100),
    head,
    Buffer.alloc(32 - head.length),
    Buffer.from([text.length]),
    text,
    Buffer.from([3, 1]),
  ]);
}

test("a program says with which Go it was built, also one with experiments", () => {
  assert.equal(goVersionOf(program("go1.26.8")), "1.26.8");
  assert.equal(goVersionOf(program("go1.27.0 X:nodwarf5")), "1.27.0");
});

test("what is no program of Go, one before 1.18, and one of an unreleased Go say nothing", () => {
  for (const bytes of [Buffer.alloc(64), Buffer.alloc(0), program("go1.17", 0), program("devel go1.28-1a2b3c")])
    assert.equal(goVersionOf(bytes), undefined);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isStaticExecutable } from "./elf.ts";

/** A header and a program table with these segment types. */
function elf(...types: number[]): Buffer {
  const bytes = Buffer.alloc(64 + types.length * 56);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes.set([2, 1], 4);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(types.length, 56);
  for (const [index, type] of types.entries()) bytes.writeUInt32LE(type, 64 + index * 56);
  return bytes;
}

test("a program is static when no segment asks for a dynamic linker", () => {
  assert.ok(isStaticExecutable(elf(1, 1, 4)));
  assert.ok(!isStaticExecutable(elf(6, 3, 1)));
});

test("this Node needs a dynamic linker", () => {
  assert.ok(!isStaticExecutable(readFileSync(process.execPath)));
});

test("what is no program, or is cut off, is not static", () => {
  assert.ok(!isStaticExecutable(Buffer.from("#!/bin/sh\n")));
  assert.ok(!isStaticExecutable(elf(1, 1).subarray(0, 64)));
});

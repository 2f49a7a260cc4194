import assert from "node:assert/strict";
import test from "node:test";
import { levelOf } from "./level.ts";
import { parseRequest } from "./request.ts";

const FILES = ["lib/net/prefix.test.ts", "lib/linux/route.kernel.test.ts", "test/kernel/a.test.ts", "test/cluster/story.test.ts"];

function asked(words: readonly string[]): unknown {
  const request = parseRequest(words, FILES);
  return typeof request === "string" ? request : Array.from(request);
}

test("a test file's level is its folder in test/ or its double ending, else unit", () => {
  assert.equal(levelOf("lib/net/prefix.test.ts"), "unit");
  assert.equal(levelOf("test/architecture.test.ts"), "unit");
  assert.equal(levelOf("test/support/kernel.test.ts"), "unit");
  assert.equal(levelOf("lib/linux/route.kernel.test.ts"), "kernel");
  assert.equal(levelOf("test/kernel/deep/a.test.ts"), "kernel");
  assert.equal(levelOf("test/kernel/walk.cluster.test.ts"), "cluster");
  assert.equal(levelOf("test/contract/crd.test.ts"), "contract");
  assert.equal(levelOf("test/cluster/story.test.ts"), "cluster");
});

test("levels run in their order, and one without files is still asked for", () => {
  assert.deepEqual(asked(["cluster", "contract", "kernel"]), [
    ["kernel", ["lib/linux/route.kernel.test.ts", "test/kernel/a.test.ts"]],
    ["contract", []],
    ["cluster", ["test/cluster/story.test.ts"]],
  ]);
});

test("a file or a folder narrows the levels, and levels without any of them fall away", () => {
  assert.deepEqual(asked(["unit", "kernel", "./lib/"]), [
    ["unit", ["lib/net/prefix.test.ts"]],
    ["kernel", ["lib/linux/route.kernel.test.ts"]],
  ]);
  assert.deepEqual(asked(["unit", "cluster", "test/cluster/story.test.ts"]), [["cluster", ["test/cluster/story.test.ts"]]]);
});

test("what cannot be meant is a sentence", () => {
  assert.equal(parseRequest([], FILES), "name at least one level: unit, kernel, contract, cluster, delivery");
  assert.equal(parseRequest(["unit", "lib/ne"], FILES), "lib/ne is, or holds, no test of level unit");
  assert.equal(
    parseRequest(["kernel", "cluster", "lib/net/prefix.test.ts"], FILES),
    "lib/net/prefix.test.ts is, or holds, no test of level kernel or cluster",
  );
});

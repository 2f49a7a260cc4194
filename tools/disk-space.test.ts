import assert from "node:assert/strict";
import test from "node:test";
import { type FreeSpace, requireSpace, shortage } from "./disk-space.ts";
import { Problem } from "./problem.ts";

const oneDisk = (freeMegabytes: number) => (): FreeSpace => ({ fileSystem: "a", freeMegabytes });

test("needs on one file system add up", () => {
  const needs = [
    { folder: "/cache", megabytes: 500 },
    { folder: "/go", megabytes: 3000 },
  ];
  assert.equal(shortage("Building", needs, oneDisk(3500)), undefined);
  assert.match(
    shortage("Building kubernetes", needs, oneDisk(3499.5)) ?? "",
    /^Building kubernetes needs 3500 MB of free space for \/cache, \/go, and there are 3499 MB: free some space/,
  );
});

test("file systems are judged apart, and the sentence names the one that is too small", () => {
  const needs = [
    { folder: "/cache", megabytes: 500 },
    { folder: "/go", megabytes: 3000 },
  ];
  const free = (folder: string): FreeSpace => ({ fileSystem: folder, freeMegabytes: folder === "/go" ? 9000 : 20 });
  const sentence = shortage("Building", needs, free) ?? "";
  assert.match(sentence, /500 MB of free space for \/cache, and there are 20 MB/);
  assert.doesNotMatch(sentence, /\/go,/);
});

test("a folder that does not exist yet is judged by the nearest one that does", async () => {
  await requireSpace("A test", [{ folder: "/tmp/podnet/not/there", megabytes: 0 }]);
  await assert.rejects(requireSpace("A test", [{ folder: "/tmp/podnet/not/there", megabytes: 1e12 }]), Problem);
});

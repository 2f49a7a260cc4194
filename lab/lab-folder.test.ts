import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Problem } from "../tools/problem.ts";
import { clearLabFolder, createLabFolder, removeLabFolder } from "./lab-folder.ts";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "lab-folder-test-"));
});
afterEach(() => rmSync(place, { recursive: true }));

function folderWith(...files: string[]): string {
  const folder = join(place, "demo");
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}

test("a folder with something else in it is refused and left as it is", async () => {
  const folder = folderWith("thesis.txt");
  await assert.rejects(clearLabFolder(folder, "demo"), Problem);
  removeLabFolder(folder, false);
  assert.deepEqual(readdirSync(folder), ["thesis.txt"]);
});

test("what an earlier lab has left in its folder makes way for the next", async () => {
  const folder = folderWith("logs/node-1-kubelet.log");
  createLabFolder(folder, "demo");
  await clearLabFolder(folder, "demo");
  assert.equal(existsSync(folder), false);
});

test("logs can be kept, and an empty folder of logs is not", () => {
  const folder = folderWith("logs/node-1-kubelet.log", "pki/ca.crt");
  createLabFolder(folder, "demo");
  removeLabFolder(folder, true);
  assert.deepEqual(
    new Set(readdirSync(folder, { recursive: true, encoding: "utf8" })),
    new Set([".podnet-lab", "logs", "logs/node-1-kubelet.log"]),
  );
  rmSync(join(folder, "logs/node-1-kubelet.log"));
  removeLabFolder(folder, true);
  assert.equal(existsSync(folder), false);
});

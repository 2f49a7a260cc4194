import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { testWorldContract } from "../../test/support/world-contract.ts";
import { converge } from "../reconcile/converge.ts";
import { fileWorld } from "./file-world.ts";
import { fileKind } from "./kinds/file.ts";

const parent = mkdtempSync(join(tmpdir(), "podnet-files-"));
process.on("exit", () => rmSync(parent, { recursive: true, force: true }));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(parent, "case-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const contractFolder = join(parent, "contract");
const blocked = join(parent, "blocked");
writeFileSync(blocked, "a file where a folder should be");
const at = (name: string, content: string) => ({ path: join(contractFolder, name), content, mode: 0o644 });

testWorldContract(
  {
    kind: fileKind,
    first: at("first", "one\n"),
    second: { ...at("second", "two\n"), mode: 0o600 },
    changed: at("first", "changed\n"),
    impossible: { path: join(blocked, "file"), content: "", mode: 0o644 },
  },
  (t) => {
    t.after(() => rmSync(contractFolder, { recursive: true, force: true }));
    return Promise.resolve(fileWorld([join(contractFolder, "first"), join(contractFolder, "second")]));
  },
);

test("a file is written whole, with its mode, into a folder that is made for it, and nothing stays beside it", async (t) => {
  const path = join(folder(t), "net.d", "10-podnet.conflist");
  const want = { path, content: "{}\n", mode: 0o600 };
  assert.deepEqual((await converge(fileKind, [want], fileWorld([path]))).errors, []);
  assert.equal(readFileSync(path, "utf8"), "{}\n");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(path, "..")), ["10-podnet.conflist"]);
});

test("what a crash left of an earlier write is in nobody's way", async (t) => {
  const path = join(folder(t), "file");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(join(path, "..", ".file.podnet-new"), "half");
  assert.deepEqual((await converge(fileKind, [{ path, content: "whole", mode: 0o644 }], fileWorld([path]))).errors, []);
  assert.deepEqual(readdirSync(join(path, "..")), ["file"]);
});

test("a foreign change of content or mode is repaired, and told", async (t) => {
  const path = join(folder(t), "file");
  const want = { path, content: "one\ntwo\n", mode: 0o644 };
  await converge(fileKind, [want], fileWorld([path]));
  writeFileSync(path, "one\nchanged\n");
  const repaired = await converge(fileKind, [want], fileWorld([path]));
  assert.deepEqual(
    repaired.steps.map((step) => step.because),
    ["its content differs from line 2 on"],
  );
  chmodSync(path, 0o600);
  const again = await converge(fileKind, [want], fileWorld([path]));
  assert.deepEqual(
    again.steps.map((step) => step.because),
    ["mode 0600, wanted 0644"],
  );
  assert.deepEqual((await converge(fileKind, [want], fileWorld([path]))).steps, []);
});

test("a symbolic link at our path is replaced and its target stays as it is", async (t) => {
  const [path, target] = [join(folder(t), "file"), join(folder(t), "target")];
  writeFileSync(target, "theirs");
  symlinkSync(target, path);
  assert.deepEqual((await converge(fileKind, [{ path, content: "ours", mode: 0o644 }], fileWorld([path]))).errors, []);
  assert.equal(readFileSync(path, "utf8"), "ours");
  assert.equal(readFileSync(target, "utf8"), "theirs");
});

test("files beside ours are neither seen nor touched", async (t) => {
  const path = join(folder(t), "ours");
  writeFileSync(join(path, "..", "87-podman-bridge.conflist"), "theirs");
  const world = fileWorld([path]);
  await converge(fileKind, [{ path, content: "ours", mode: 0o644 }], world);
  await converge(fileKind, [], world);
  assert.deepEqual(readdirSync(join(path, "..")), ["87-podman-bridge.conflist"]);
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { renderAddress } from "../lib/net/address.ts";
import { readConfFolder } from "./conf-folder.ts";
import { readLeases } from "./leases.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-folders-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("leases are the files named after an address, and nothing else of host-local's", async (t) => {
  const state = await folder(t);
  const leases = join(state, "networks/podnet");
  await mkdir(leases, { recursive: true });
  for (const name of ["10.244.1.7", "fd00:10:244:1::7", "last_reserved_ip.0", "lock"]) await writeFile(join(leases, name), "");
  assert.deepEqual((await readLeases(state)).map(renderAddress).toSorted(), ["10.244.1.7", "fd00:10:244:1::7"]);
});

test("a node without leases has none, and one whose leases cannot be read says so", async (t) => {
  const state = await folder(t);
  assert.deepEqual(await readLeases(state), []);
  await writeFile(join(state, "networks"), "");
  await assert.rejects(readLeases(state), { code: "ENOTDIR" });
});

test("configurations come in the order a runtime takes them, and other files not at all", async (t) => {
  const path = await folder(t);
  for (const name of [
    "20-b.conf",
    "10-a.conflist",
    "Z.json",
    "a.json",
    ".10-a.conflist.podnet-new",
    "readme.txt",
    "10-a.conflist.bak",
  ])
    await writeFile(join(path, name), name);
  await mkdir(join(path, "05-folder.conf"));
  execFileSync("mkfifo", [join(path, "06-pipe.conf")]);
  await symlink("20-b.conf", join(path, "30-link.conf"));
  assert.deepEqual(await readConfFolder(path), [
    { name: "05-folder.conf", text: undefined },
    { name: "06-pipe.conf", text: undefined },
    { name: "10-a.conflist", text: "10-a.conflist" },
    { name: "20-b.conf", text: "20-b.conf" },
    { name: "30-link.conf", text: "20-b.conf" },
    { name: "Z.json", text: "Z.json" },
    { name: "a.json", text: "a.json" },
  ]);
});

test("a node without a folder for configurations has none", async (t) => {
  assert.deepEqual(await readConfFolder(join(await folder(t), "none")), []);
});

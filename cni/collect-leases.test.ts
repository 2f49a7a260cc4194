import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withFileLock } from "../lib/linux/file-lock.ts";
import { collectLeases } from "./collect-leases.ts";
import { leaseFolder, readLeaseFiles } from "./lease-files.ts";

/** A state folder with leases, named after their addresses. */
async function withLeases(t: TestContext, leases: Readonly<Record<string, string>>): Promise<string> {
  const state = await mkdtemp(join(tmpdir(), "podnet-t-collect-"));
  t.after(() => rm(state, { recursive: true, force: true }));
  await mkdir(leaseFolder(state), { recursive: true });
  for (const [name, content] of Object.entries(leases)) await writeFile(join(leaseFolder(state), name), content);
  return state;
}

const standing = async (state: string) => (await readdir(leaseFolder(state))).filter((name) => name !== "lock").toSorted();

test("only the named leases go, whatever else is host-local's stays", async (t) => {
  const state = await withLeases(t, { "10.244.1.2": "a\r\neth0", "10.244.1.3": "b\r\neth0", "last_reserved_ip.0": "10.244.1.3" });
  const leases = await readLeaseFiles(state);
  const removed = await collectLeases(
    state,
    leases.filter(({ address }) => address === "10.244.1.2"),
  );
  assert.deepEqual(
    removed?.map(({ address }) => address),
    ["10.244.1.2"],
  );
  assert.deepEqual(await standing(state), ["10.244.1.3", "last_reserved_ip.0"]);
});

test("a lease that is another one by now stays, also where it says the same", async (t) => {
  const state = await withLeases(t, { "10.244.1.2": "a\r\neth0", "10.244.1.3": "b\r\neth0", "10.244.1.4": "c\r\neth0" });
  const leases = await readLeaseFiles(state);
  await writeFile(join(leaseFolder(state), "10.244.1.2"), "d\r\neth0");
  await rm(join(leaseFolder(state), "10.244.1.3"));
  await writeFile(join(leaseFolder(state), "10.244.1.3"), "b\r\neth0");
  await rm(join(leaseFolder(state), "10.244.1.4"));
  assert.deepEqual(await collectLeases(state, leases), []);
  assert.deepEqual(await standing(state), ["10.244.1.2", "10.244.1.3"]);
});

test("what is done under a lock waits for a program that has it, is not done where that keeps it, and keeps the program out", async (t) => {
  const path = join(await withLeases(t, {}), "lock");
  const holder = spawn("flock", ["--exclusive", path, "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  holder.stdin.write("has it\n");
  await once(holder.stdout, "data");
  assert.equal(await withFileLock(path, 0, async () => ({ done: true })), undefined);
  const waiting = withFileLock(path, 20, async () => {
    const late = spawn("flock", ["--exclusive", "--nonblock", path, "true"], { stdio: "inherit" });
    return { status: (await once(late, "close"))[0] as number };
  });
  holder.stdin.end();
  assert.deepEqual(await waiting, { status: 1 });
  assert.deepEqual(await withFileLock(path, 0, async () => ({ done: true })), { done: true }, "it is given back");
});

test("a lease is read by its address, and one of another kind of file, or too long, has no owner to be judged by", async (t) => {
  const state = await withLeases(t, { "fd00:10:244:1::7": "a\r\neth0", "10.244.1.9": "x".repeat(600), lock: "" });
  const leases = await readLeaseFiles(state);
  assert.deepEqual(
    new Map(leases.map(({ address, content }) => [address, content])),
    new Map([
      ["10.244.1.9", undefined],
      ["fd00:10:244:1::7", "a\r\neth0"],
    ]),
  );
});

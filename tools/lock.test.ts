import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { withLock } from "./lock.ts";

const neverWaits = (): void => assert.fail("waited");

function lockFile(t: test.TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "podnet-lock-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "lock");
}

test("the second to come waits for the first, and is told who holds the lock", async (t) => {
  const file = lockFile(t);
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<number>();
  const one = withLock(file, neverWaits, async () => {
    order.push("one begins");
    await first.promise;
    order.push("one ends");
  });
  const two = withLock(file, waiting.resolve, async () => {
    order.push("two");
  });
  assert.equal(await waiting.promise, process.pid);
  first.resolve();
  await Promise.all([one, two]);
  assert.deepEqual(order, ["one begins", "one ends", "two"]);
});

test("the lock is let go when the work fails", async (t) => {
  const file = lockFile(t);
  await assert.rejects(
    withLock(file, neverWaits, () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.ok(!existsSync(file));
});

test("a lock of a process that is gone is taken over, also when its id lives on in another process", async (t) => {
  const file = lockFile(t);
  const gone = spawnSync("true").pid;
  for (const content of [`${gone} 1\n`, `${process.pid} 1\n`, ""]) {
    writeFileSync(file, content);
    assert.equal(await withLock(file, neverWaits, async () => "in"), "in");
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { lockName } from "./name-lock.ts";

test("a name is locked by one at a time, and another name is not", async () => {
  const name = `lock-test-${process.pid}`;
  const first = await lockName(name);
  assert.ok(first);
  assert.equal(await lockName(name), undefined);
  const other = await lockName(`${name}-b`);
  assert.ok(other);
  await other.release();
  await first.release();
  const next = await lockName(name);
  assert.ok(next);
  await next.release();
});

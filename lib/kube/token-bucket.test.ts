import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createTokenBuckets } from "./token-bucket.ts";

function buckets() {
  const clock = createFakeClock();
  const all = createTokenBuckets({ clock, burst: 3, refillMs: 100 });
  const takeAll = (key: string) => {
    let taken = 0;
    while (all.take(key)) taken++;
    return taken;
  };
  return { clock, all, takeAll };
}

test("a bucket gives its burst at once, then a token each refill time, and never more than the burst", async () => {
  const { clock, takeAll } = buckets();
  assert.equal(takeAll("a"), 3);
  await clock.advance(99);
  assert.equal(takeAll("a"), 0);
  await clock.advance(101);
  assert.equal(takeAll("a"), 2);
  await clock.advance(1_000_000);
  assert.equal(takeAll("a"), 3);
});

test("each key has a bucket of its own", () => {
  const { takeAll } = buckets();
  assert.deepEqual([takeAll("a"), takeAll("b"), takeAll("a")], [3, 3, 0]);
});

test("the wait that it tells is the one after which there is a token", async () => {
  const { clock, all, takeAll } = buckets();
  assert.equal(all.waitMs("a"), 0);
  takeAll("a");
  await clock.advance(30);
  const waitMs = all.waitMs("a");
  assert.ok(Math.abs(waitMs - 70) < 1e-6, `${waitMs}`);
  await clock.advance(waitMs + 1);
  assert.equal(all.waitMs("a"), 0);
  assert.ok(all.take("a"));
});

test("full buckets are forgotten", async () => {
  const { clock, all } = buckets();
  for (let key = 0; key < 2_000; key++) all.take(String(key));
  assert.equal(all.size(), 2_000);
  await clock.advance(100);
  assert.equal(all.size(), 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { drainedInMs, isDrained, lookAtQuiet, type QuietSubnets } from "./quiet.ts";

const cidr = "10.244.1.0/24";
const apartMs = 60_000;

/** Looks at one subnet, as [at which millisecond, offered, leases]; what is known after the last. */
function after(...looks: readonly (readonly [atMs: number, isOffered: boolean, leases: number])[]): QuietSubnets {
  return looks.reduce<QuietSubnets>(
    (known, [atMs, isOffered, leases]) => lookAtQuiet(known, [{ cidr, isOffered, leases }], atMs),
    new Map(),
  );
}

test("a subnet is drained by two looks without a lease that are far enough apart, both after it was seen gone from the configuration", () => {
  const looks = [
    [0, true, 0],
    [10_000, false, 0],
  ] as const;
  assert.equal(isDrained(after(...looks).get(cidr), 10_000, apartMs), false);
  assert.equal(isDrained(after(...looks, [69_999, false, 0]).get(cidr), 69_999, apartMs), false);
  assert.equal(isDrained(after(...looks, [70_000, false, 0]).get(cidr), 70_000, apartMs), true);
});

test("a lease between the looks begins the count anew", () => {
  const known = after([0, false, 0], [30_000, false, 1], [40_000, false, 0], [90_000, false, 0]);
  assert.equal(isDrained(known.get(cidr), 90_000, apartMs), false);
  assert.equal(drainedInMs(known.get(cidr), 90_000, apartMs), 10_000);
});

test("a subnet that comes back into the configuration is no longer drained, and counts anew when it leaves again", () => {
  const known = after([0, false, 0], [60_000, false, 0], [61_000, true, 0], [62_000, false, 0]);
  assert.deepEqual(known.get(cidr), { outSinceMs: 62_000, emptySinceMs: 62_000 });
  assert.equal(after([0, false, 0], [60_000, true, 0]).size, 0);
});

test("time alone makes nothing drained that has a lease, is offered, or is drained", () => {
  assert.equal(drainedInMs(after([0, false, 1]).get(cidr), 5, apartMs), undefined);
  assert.equal(drainedInMs(after([0, true, 0]).get(cidr), 5, apartMs), undefined);
  assert.equal(drainedInMs(after([0, false, 0]).get(cidr), apartMs, apartMs), undefined);
});

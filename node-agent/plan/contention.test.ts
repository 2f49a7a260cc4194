import assert from "node:assert/strict";
import { test } from "node:test";
import { contendedIn, leftAloneMs, type RepairHistory, withRepairs } from "./contention.ts";
import type { Repair } from "./drift.ts";

const route: Repair = { kind: "route", key: "10.244.2.0/24", because: "missing" };
const address: Repair = { kind: "address", key: "cni0 10.244.1.1", because: "missing" };

/** The history after this was repaired at these times. */
function repairedAt(repair: Repair, times: readonly number[], before: RepairHistory = new Map()): RepairHistory {
  return times.reduce((history, at) => withRepairs(history, [repair], at), before);
}

const keysIn = (history: RepairHistory) => contendedIn(history).map(({ key }) => key);

test("five repairs of one thing within a minute are a quarrel, four are none, nor five of five things, nor five in more than a minute", () => {
  assert.deepEqual(keysIn(repairedAt(route, [0, 1, 2, 3, 60_000])), [route.key]);
  assert.deepEqual(keysIn(repairedAt(route, [0, 1, 2, 3])), []);
  assert.deepEqual(keysIn(repairedAt(route, [0, 1, 2, 3, 60_001])), []);
  const five = Array.from({ length: 5 }, (_, n) => ({ ...route, key: `10.244.${n}.0/24` }));
  assert.deepEqual(keysIn(withRepairs(new Map(), five, 0)), []);
});

test("a quarrel goes on while it goes on more slowly, and is over after three minutes without a repair", () => {
  const begun = repairedAt(route, [0, 1, 2, 3, 4, 120_000]);
  assert.deepEqual(keysIn(begun), [route.key]);
  assert.deepEqual(keysIn(withRepairs(begun, [], 120_000 + 179_999)), [route.key]);
  assert.deepEqual(keysIn(withRepairs(begun, [], 120_000 + 180_000)), []);
});

test("what is repaired without an end is remembered up to a bound, the newest", () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({ ...route, key: `${n}` }));
  const history = withRepairs(withRepairs(new Map(), many.slice(0, 2_500), 0), many.slice(2_500), 1);
  assert.equal(history.size, 4_096);
  assert.ok(history.has("route 4999"));
});

test("a line that names what is quarrelled over waits until it is a second since its last repair; every other one does not wait", () => {
  const contended = contendedIn(repairedAt(address, [0, 1, 2, 3, 400], repairedAt(route, [0, 1, 2, 3, 4])));
  const wait = (line: string) => leftAloneMs(contended, line, 500);
  assert.equal(wait("[ROUTE]Deleted 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244"), 504);
  assert.equal(wait("[ADDR]Deleted 5: cni0    inet 10.244.1.1/24 scope global cni0"), 900);
  assert.equal(wait("[ROUTE]Deleted 10.244.3.0/24 via 192.168.1.13 dev eth0 proto 244"), 0);
  assert.equal(wait("[LINK]5: cni0: <BROADCAST,MULTICAST>"), 0);
  assert.equal(leftAloneMs(contended, "10.244.2.0/24", 1_004), 0, "long enough ago");
  assert.equal(leftAloneMs(contended, "10.244.2.0/24", 1_054, 1_004), 950, "it is being repaired");
});

test("where they quarrel over a lot, every line waits", () => {
  const many = Array.from({ length: 65 }, (_, n) => ({ ...route, key: `10.244.${n}.0/24` }));
  let history: RepairHistory = new Map();
  for (let n = 0; n < 5; n++) history = withRepairs(history, many, n);
  assert.equal(leftAloneMs(contendedIn(history), "[LINK]5: cni0", 4), 1_000);
});

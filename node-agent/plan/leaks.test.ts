import assert from "node:assert/strict";
import { test } from "node:test";
import { attachmentOf, leaseOf, sightOf } from "../../test/support/lease-sample.ts";
import type { LeaseSight } from "./lease-evidence.ts";
import { lookAtLeases, type Suspicions } from "./leaks.ts";

const apartMs = 60_000;

/** What looks at these, half a minute apart, take back: for each look the addresses. */
function taken(...sights: readonly LeaseSight[]): string[][] {
  let suspicions: Suspicions = new Map();
  return sights.map((sight, n) => {
    const look = lookAtLeases(suspicions, sight, n * 30_000, apartMs);
    suspicions = look.suspicions;
    return look.leaked.map(({ address }) => address);
  });
}

const lease = leaseOf("a");
const noted = { attachments: [attachmentOf("a")] };
const gone = sightOf([lease], [], noted);

test("a lease is leaked after two looks so far apart, and not at the first, however long the agent runs", () => {
  assert.deepEqual(taken(gone, gone, gone), [[], [], ["10.244.1.2"]]);
  assert.deepEqual(lookAtLeases(new Map(), gone, 1e12, apartMs).leaked, []);
});

test("it is looked again when the time has come", () => {
  const first = lookAtLeases(new Map(), gone, 0, apartMs);
  assert.equal(first.againAfterMs, apartMs);
  assert.equal(lookAtLeases(first.suspicions, gone, 50_000, apartMs).againAfterMs, 10_000);
  assert.equal(lookAtLeases(new Map(), sightOf([lease], ["x"]), 0, apartMs).againAfterMs, undefined, "time alone does not help");
});

test("a look at which the pod is there begins the waiting anew", () => {
  const there = sightOf([lease], ["a"], noted);
  assert.deepEqual(taken(gone, there, gone, gone, gone), [[], [], [], [], ["10.244.1.2"]]);
});

test("a lease that was given back and given out again, to whomever, is another one", () => {
  const again = sightOf([leaseOf("a", "10.244.1.2", { version: "a 2" })], [], noted);
  assert.deepEqual(taken(gone, gone, again, again, again), [[], [], [], [], ["10.244.1.2"]]);
  const other = sightOf([leaseOf("a", "10.244.1.2", { content: "b\r\neth0" })], []);
  assert.deepEqual(taken(gone, gone, other), [[], [], []]);
});

test("a pod that is being made keeps its address for as long as that takes", () => {
  const making = sightOf([lease], ["a"]);
  assert.deepEqual(taken(...Array.from({ length: 50 }, () => making)).flat(), []);
});

test("a lease that nobody noted, with no port that nobody accounts for, is leaked", () => {
  const others = { attachments: [attachmentOf("b", "10.244.1.3"), attachmentOf("c", "10.244.1.4")] };
  const left = sightOf([lease], ["b", "c"], others);
  assert.deepEqual(taken(left, left, left), [[], [], ["10.244.1.2"]]);
});

test("ports that come later do not keep back a lease, and one that stood there does until it is noted or gone", () => {
  const [b, c] = [attachmentOf("b", "10.244.1.3"), attachmentOf("c", "10.244.1.4")];
  const [first, noMore] = [sightOf([lease], ["b"]), sightOf([lease], ["c", "d"], { attachments: [c] })];
  assert.deepEqual(taken(first, first, first, first), [[], [], [], []]);
  assert.deepEqual(taken(first, sightOf([lease], ["b", "c"], { attachments: [b] }), noMore), [[], [], ["10.244.1.2"]]);
  assert.deepEqual(taken(first, noMore, noMore), [[], [], ["10.244.1.2"]]);
});

test("of a pod with addresses of both families that is gone, both are leaked", () => {
  const six = leaseOf("a", "fd00:10:244:1::2");
  const attachment = attachmentOf("a", "10.244.1.2", { addresses: ["10.244.1.2", "fd00:10:244:1::2"] });
  const sight = sightOf([lease, six], [], { attachments: [attachment] });
  assert.deepEqual(taken(sight, sight, sight).at(-1), ["10.244.1.2", "fd00:10:244:1::2"]);
});

test("a lease that is gone is forgotten", () => {
  const { suspicions } = lookAtLeases(new Map(), gone, 0, apartMs);
  assert.equal(lookAtLeases(suspicions, sightOf([], []), 30_000, apartMs).suspicions.size, 0);
});

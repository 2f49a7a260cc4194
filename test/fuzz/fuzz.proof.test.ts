import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { chanceOf } from "../simulation/chance.ts";
import { createCoverage } from "../simulation/coverage.ts";
import { missingOf, playShare } from "./play-fuzz.ts";
import { spreadFuzz } from "./spread-fuzz.ts";
import { target } from "./target.ts";
import { fuzzTargets } from "./targets.ts";

test("8,000 hostile inputs, of every way in: no crash, no hang, and nothing of them escapes into what others read or run", async () => {
  const targets = fuzzTargets();
  const workers = Math.min(2, availableParallelism());
  const { done, coverage, failures } = await spreadFuzz({ targets, seed: 1, cases: 8_000, workers });
  assert.deepEqual(failures, []);
  assert.ok(done >= 8_000);
  assert.deepEqual(missingOf(targets, coverage), []);
});

test("a case is told by its seed when it throws, or takes too long each time, and not when it was slow once", async () => {
  const parts = { name: "test", share: 1, counters: [], make: () => undefined };
  const throwing = target({
    ...parts,
    run: () => {
      throw new TypeError("no");
    },
  });
  assert.deepEqual((await playShare(throwing, { seed: 7, count: 1 })).failures, [
    { target: "test", seed: 7, message: "TypeError: no" },
  ]);
  const spin = (ms: number) => {
    for (const end = process.threadCpuUsage().user + ms * 1000; process.threadCpuUsage().user < end; );
  };
  const slow = target({ ...parts, run: () => spin(70) });
  assert.match(
    (await playShare(slow, { seed: 7, count: 1 })).failures[0]?.message ?? "",
    /^it takes \d+ ms, played alone, and 50 are the most$/,
  );
  let times = 0;
  const once = target({ ...parts, run: () => (times++ === 0 ? spin(70) : undefined) });
  assert.deepEqual((await playShare(once, { seed: 7, count: 1 })).failures, []);
});

test("the same seed makes the same input, and what never came about is named", () => {
  for (const target of fuzzTargets())
    for (const seed of [1, 2, 3])
      assert.equal(JSON.stringify(target.make(chanceOf(seed))), JSON.stringify(target.make(chanceOf(seed))), target.name);
  assert.deepEqual(
    missingOf([target({ name: "x", share: 1, counters: ["y"], make: () => undefined, run: () => undefined })], createCoverage()),
    ["x: cases", "x: y"],
  );
});

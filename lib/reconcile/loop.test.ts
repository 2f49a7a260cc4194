import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.ts";
import { type Loop, type LoopFailure, type LoopOptions, type RunResult, startLoop } from "./loop.ts";

interface Run {
  readonly at: number;
  readonly because: readonly string[];
}

interface Bench {
  readonly loop: Loop;
  readonly clock: FakeClock;
  readonly stop: AbortController;
  readonly runs: Run[];
  readonly failures: LoopFailure[];
}

type Timing = Partial<Pick<LoopOptions, "minIntervalMs" | "burst" | "resyncMs" | "startDelayMs" | "random" | "summary">>;

/** A loop whose n-th run (0 is the first) does `body(n, clock)`. */
function bench(timing: Timing, body: (n: number, clock: FakeClock) => Promise<RunResult>): Bench {
  const clock = createFakeClock();
  const stop = new AbortController();
  const runs: Run[] = [];
  const failures: LoopFailure[] = [];
  const run = (because: readonly string[]) => {
    runs.push({ at: clock.now(), because });
    return body(runs.length - 1, clock);
  };
  const onFailure = (failure: LoopFailure) => void failures.push(failure);
  const loop = startLoop({ run, onFailure, clock, random: () => 1, signal: stop.signal, ...timing });
  return { loop, clock, stop, runs, failures };
}

const nothing = async (): Promise<RunResult> => undefined;

test("the first run needs no trigger", async () => {
  const { clock, runs } = bench({}, nothing);
  await clock.advance(0);
  assert.deepEqual(runs, [{ at: 0, because: [] }]);
  assert.equal(clock.pending(), 0);
});

test("a delayed start is not brought forward by a trigger", async () => {
  const { loop, clock, runs } = bench({ startDelayMs: 700 }, nothing);
  loop.trigger("early");
  await clock.advance(2_000);
  assert.deepEqual(runs, [{ at: 700, because: ["early"] }]);
});

test("triggers during a run count as one run after it, with their reasons", async () => {
  const { loop, clock, runs } = bench({}, async (_, clock) => {
    await new Promise<void>((resolve) => clock.after(10, resolve));
    return undefined;
  });
  await clock.advance(5);
  for (const reason of ["a", "b", "a"]) loop.trigger(reason);
  await clock.advance(100);
  assert.deepEqual(runs, [
    { at: 0, because: [] },
    { at: 10, because: ["a", "b"] },
  ]);
});

test("of many reasons the first eight are told whole, and of what sort the others were", async () => {
  const reasons = Array.from({ length: 10 }, (_, n) => `route ${n}`);
  const toldOf = async (timing: Timing) => {
    const { loop, clock, runs } = bench(timing, nothing);
    for (const reason of [...reasons, "node 1", "route 0", "node 2"]) loop.trigger(reason);
    await clock.advance(0);
    return runs[0]?.because;
  };
  assert.deepEqual(await toldOf({}), [...reasons.slice(0, 8), "and more"]);
  assert.deepEqual(await toldOf({ summary: (reason) => reason.split(" ")[0] ?? "" }), [...reasons.slice(0, 8), "route", "node"]);
});

test("runs keep their minimum interval however many triggers come", async () => {
  const { loop, clock, runs } = bench({ minIntervalMs: 1_000 }, nothing);
  for (let i = 0; i < 300; i++) {
    loop.trigger(`change ${i}`);
    await clock.advance(10);
  }
  await clock.advance(5_000);
  assert.deepEqual(
    runs.map(({ at }) => at),
    [0, 1_000, 2_000, 3_000],
  );
  assert.equal(runs[1]?.because.length, 9, "eight, and that there were more");
});

test("after a pause several runs may follow each other at once, and no more than that in all", async () => {
  const { loop, clock, runs } = bench({ minIntervalMs: 250, burst: 3 }, nothing);
  for (let i = 0; i < 200; i++) {
    loop.trigger(`change ${i}`);
    await clock.advance(10);
  }
  assert.deepEqual(
    runs.slice(0, 7).map(({ at }) => at),
    [0, 10, 20, 750, 760, 770, 1_500],
  );
});

test("without triggers a run comes at each resync, spread around it", async () => {
  const { clock, runs } = bench({ resyncMs: 100_000, random: () => 0 }, nothing);
  await clock.advance(250_000);
  assert.deepEqual(
    runs.map(({ at }) => at),
    [0, 80_000, 160_000, 240_000],
  );
});

test("a run may ask for the next one", async () => {
  const { clock, runs } = bench({ resyncMs: 600_000 }, async (n) => (n === 0 ? { againAfterMs: 3_000 } : undefined));
  await clock.advance(60_000);
  assert.deepEqual(
    runs.map(({ at }) => at),
    [0, 3_000],
  );
});

test("failures back off, triggers do not cut that short, and a success ends it", async () => {
  const { loop, clock, runs, failures } = bench({}, async (n) => {
    if (n < 3) throw new Error(`run ${n}`);
    return undefined;
  });
  for (let i = 0; i < 139; i++) {
    loop.trigger("again");
    await clock.advance(10);
  }
  assert.deepEqual(
    runs.map(({ at }) => at),
    [0, 200, 600],
  );
  assert.deepEqual(
    failures.map(({ attempt, retryMs }) => [attempt, retryMs]),
    [
      [1, 200],
      [2, 400],
      [3, 800],
    ],
  );
  assert.equal(loop.lastRun()?.ok, false);
  await clock.advance(10);
  assert.equal(runs.at(3)?.at, 1_400);
  assert.equal(loop.lastRun()?.ok, true);
});

test("what the last run said and how long ago it ended can be asked", async () => {
  const broken = new Error("no route to host");
  const { loop, clock } = bench({}, async () => {
    throw broken;
  });
  assert.equal(loop.lastRun(), undefined);
  await clock.advance(0);
  await clock.advance(70);
  assert.deepEqual(loop.lastRun(), { ok: false, endedAgoMs: 70, error: broken });
});

test("after the signal no run begins, and stopped waits for the one under way", async () => {
  const { loop, clock, stop, runs } = bench({ resyncMs: 1_000 }, async (_, clock) => {
    await new Promise<void>((resolve) => clock.after(10, resolve));
    return undefined;
  });
  let stopped = false;
  void loop.stopped.then(() => (stopped = true));
  await clock.advance(5);
  loop.trigger("late");
  stop.abort();
  await clock.advance(4);
  assert.equal(stopped, false);
  await clock.advance(10_000);
  assert.equal(stopped, true);
  assert.equal(runs.length, 1);
  assert.equal(clock.pending(), 0);
});

const action = fc.oneof(fc.constant("trigger" as const), fc.nat(50));
const outcomes = fc.array(fc.record({ ms: fc.nat(40), fails: fc.boolean() }, { noNullPrototype: true }), { maxLength: 10 });

test("whatever fails and however triggers fall: one run at a time, and each trigger is followed by a run that succeeds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), outcomes, fc.nat(30), async (actions, plan, minIntervalMs) => {
      let step = 0;
      let lastTrigger = -1;
      let lastSuccess = -1;
      let running = false;
      let atOnce = 0;
      const { loop, clock, runs } = bench({ minIntervalMs }, async (n, clock) => {
        if (running) atOnce++;
        running = true;
        const startedAt = step++;
        await new Promise<void>((resolve) => clock.after(plan[n]?.ms ?? 1, resolve));
        running = false;
        if (plan[n]?.fails) throw new Error("planned");
        lastSuccess = startedAt;
        return undefined;
      });
      for (const action of actions) {
        if (action === "trigger") {
          lastTrigger = step++;
          loop.trigger("change");
        } else await clock.advance(action);
      }
      await clock.advance(3_600_000);
      assert.equal(atOnce, 0);
      assert.ok(lastSuccess > lastTrigger, "a trigger was lost");
      assert.equal(clock.pending(), 0);
      for (const [i, { at }] of runs.entries()) assert.ok(at - (runs[i - 1]?.at ?? -minIntervalMs) >= minIntervalMs);
    }),
    { numRuns: 200 },
  );
});

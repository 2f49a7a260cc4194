import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.ts";
import { type Queue, type QueueFailure, startQueue, type WorkResult } from "./queue.ts";

interface Bench {
  readonly queue: Queue;
  readonly clock: FakeClock;
  readonly stop: AbortController;
  readonly failures: QueueFailure[];
}

function bench(work: (key: string) => Promise<WorkResult>, workers = 1): Bench {
  const clock = createFakeClock();
  const stop = new AbortController();
  const failures: QueueFailure[] = [];
  const onFailure = (failure: QueueFailure) => void failures.push(failure);
  // With random() = 1 every backoff is its full, undisturbed length.
  const queue = startQueue({ work, onFailure, workers, clock, random: () => 1, signal: stop.signal });
  return { queue, clock, stop, failures };
}

/** Work that lasts `ms` of the clock. */
function lasting(clock: () => FakeClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock().after(ms, resolve));
}

test("a key added many times before a worker is free is worked on once", async () => {
  const worked: string[] = [];
  const { queue, clock } = bench(async (key) => {
    worked.push(key);
    await lasting(() => clock, 10);
    return undefined;
  });
  for (const key of ["a", "b", "b", "b", "c"]) queue.add(key);
  assert.equal(queue.depth(), 2);
  await clock.advance(100);
  assert.deepEqual(worked, ["a", "b", "c"]);
  assert.equal(queue.depth(), 0);
});

test("a key added while it is worked on is worked on once more, after", async () => {
  const starts: number[] = [];
  const { queue, clock } = bench(async () => {
    starts.push(clock.now());
    await lasting(() => clock, 10);
    return undefined;
  }, 4);
  queue.add("a");
  await clock.advance(5);
  queue.add("a");
  queue.add("a");
  await clock.advance(100);
  assert.deepEqual(starts, [0, 10]);
});

test("failures in a row back off exponentially and a success forgets them", async () => {
  const starts: number[] = [];
  const { queue, clock, failures } = bench(async () => {
    starts.push(clock.now());
    if (starts.length <= 3) throw new Error(`attempt ${starts.length}`);
    return undefined;
  });
  queue.add("a");
  await clock.advance(1_000);
  assert.deepEqual(starts, [0, 5, 15, 35]);
  assert.deepEqual(
    failures.map(({ attempt, retryMs }) => [attempt, retryMs]),
    [
      [1, 5],
      [2, 10],
      [3, 20],
    ],
  );
  assert.equal(queue.failures("a"), 0);
});

test("one failing key does not delay another", async () => {
  const worked: string[] = [];
  const { queue, clock } = bench(async (key) => {
    worked.push(key);
    if (key === "bad") throw new Error("always");
    return undefined;
  });
  for (let i = 0; i < 10; i++) {
    queue.add("bad");
    await clock.advance(60_000);
  }
  queue.add("good");
  await clock.advance(0);
  assert.equal(worked.at(-1), "good");
  assert.ok(queue.failures("bad") >= 10);
});

test("a server's Retry-After is waited for where it is longer than the backoff", async () => {
  const starts: number[] = [];
  const { queue, clock } = bench(async () => {
    starts.push(clock.now());
    if (starts.length === 1) throw Object.assign(new Error("429"), { retryAfterMs: 2_000 });
    return undefined;
  });
  queue.add("a");
  await clock.advance(10_000);
  assert.deepEqual(starts, [0, 2_000]);
});

test("of two delays for a key the earlier counts, and work may ask to be called again", async () => {
  const starts: number[] = [];
  const { queue, clock } = bench(async () => {
    starts.push(clock.now());
    return starts.length === 1 ? { againAfterMs: 1_000 } : undefined;
  });
  queue.addAfter("a", 500);
  queue.addAfter("a", 50);
  queue.addAfter("a", 700);
  await clock.advance(10_000);
  assert.deepEqual(starts, [50, 1_050]);
  assert.equal(clock.pending(), 0);
});

test("after the signal nothing new is begun, and stopped waits for the work under way", async () => {
  const worked: string[] = [];
  const { queue, clock, stop } = bench(async (key) => {
    worked.push(key);
    await lasting(() => clock, 10);
    return undefined;
  });
  let stopped = false;
  void queue.stopped.then(() => (stopped = true));
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 5);
  await clock.advance(1);
  stop.abort();
  queue.add("d");
  await clock.advance(5);
  assert.equal(stopped, false);
  await clock.advance(100);
  assert.equal(stopped, true);
  assert.deepEqual(worked, ["a"]);
  assert.equal(clock.pending(), 0);
});

type Command =
  | { readonly do: "add"; readonly key: string }
  | { readonly do: "addAfter"; readonly key: string; readonly ms: number }
  | { readonly do: "advance"; readonly ms: number };

const key = fc.constantFrom("a", "b", "c", "d");
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key }, { noNullPrototype: true }),
  fc.record({ do: fc.constant("addAfter" as const), key, ms: fc.nat(50) }, { noNullPrototype: true }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.nat(40) }, { noNullPrototype: true }),
);
/** How each piece of work goes, in turn. */
const outcomes = fc.array(fc.record({ ms: fc.nat(30), fails: fc.boolean() }, { noNullPrototype: true }), {
  minLength: 1,
  maxLength: 20,
});

test("whatever is added, delayed and failing: no key twice at a time, no more than the workers, and none lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 60 }),
      outcomes,
      fc.integer({ min: 1, max: 3 }),
      async (commands, plan, workers) => {
        let step = 0;
        const lastAdd = new Map<string, number>();
        const lastSuccess = new Map<string, number>();
        const running = new Set<string>();
        let begun = 0;
        const { queue, clock } = bench(async (key) => {
          assert.ok(!running.has(key), `${key} twice at a time`);
          running.add(key);
          assert.ok(running.size <= workers);
          const startedAt = step++;
          // After the plan all work succeeds, so that the queue comes to rest.
          const outcome = plan[begun++];
          await lasting(() => clock, outcome?.ms ?? 1);
          running.delete(key);
          if (outcome?.fails) throw new Error("planned");
          lastSuccess.set(key, startedAt);
          return undefined;
        }, workers);
        for (const command of commands) {
          if (command.do === "advance") await clock.advance(command.ms);
          else {
            lastAdd.set(command.key, step++);
            if (command.do === "add") queue.add(command.key);
            else queue.addAfter(command.key, command.ms);
          }
        }
        await clock.advance(3_600_000);
        assert.equal(queue.depth(), 0);
        assert.equal(clock.pending(), 0);
        for (const [key, added] of lastAdd) {
          assert.ok((lastSuccess.get(key) ?? -1) > added, `${key} was lost`);
          assert.equal(queue.failures(key), 0);
        }
        assert.ok(begun <= lastAdd.size + commands.length + plan.length);
      },
    ),
    { numRuns: 200 },
  );
});

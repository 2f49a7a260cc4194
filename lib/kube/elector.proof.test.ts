import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.ts";
import { tryLeaseStore } from "../../test/support/lease-store-contract.ts";
import { createLeaseWorld, type LeaseWorld, type Weather } from "../../test/support/lease-world.ts";
import { createElector } from "./elector.ts";

const timing = { leaseMs: 15_000, renewWithinMs: 10_000, retryMs: 2_000 };
const noon = Date.UTC(2026, 10, 24, 12);

/** A process that stands for election. */
interface Candidate {
  leads(): boolean;
  /** Gains and losses, e.g. `"leads: nobody held the Lease"`. */
  readonly story: readonly string[];
  readonly problems: readonly unknown[];
  /** Ends in order. */
  stop(): Promise<void>;
  /** Whether `run` has ended. */
  ended(): boolean;
  /** Steps its wall clock. */
  stepWallClock(ms: number): void;
}

interface Stage {
  readonly clock: FakeClock;
  readonly world: LeaseWorld;
  readonly candidate: (identity: string, isFit?: () => boolean) => Candidate;
}

function stage(): Stage {
  const clock = createFakeClock();
  const world = createLeaseWorld(clock);
  return {
    clock,
    world,
    candidate(identity, isFit = () => true) {
      const story: string[] = [];
      const problems: unknown[] = [];
      const stopped = new AbortController();
      let ended = false;
      let wallStep = 0;
      const elector = createElector({
        store: world.storeFor(identity),
        identity,
        timing,
        clock,
        wallClock: () => noon + clock.now() + wallStep,
        random: () => 0.5,
        isFit,
        onChange: ({ leads, because }) => story.push(`${leads ? "leads" : "stands by"}: ${because}`),
        onProblem: (error) => problems.push(error),
      });
      void elector.run(stopped.signal).then(() => (ended = true));
      return {
        leads: () => elector.leads(),
        story,
        problems,
        async stop() {
          stopped.abort(new Error("told to end"));
          await clock.advance(5);
        },
        ended: () => ended,
        stepWallClock: (ms) => (wallStep += ms),
      };
    },
  };
}

/** Two candidates, of which a leads. */
async function two(): Promise<Stage & { readonly a: Candidate; readonly b: Candidate }> {
  const place = stage();
  const a = place.candidate("a");
  await place.clock.advance(10);
  const b = place.candidate("b");
  await place.clock.advance(10_000);
  assert.deepEqual([a.leads(), b.leads()], [true, false]);
  return { ...place, a, b };
}

/** Milliseconds until it leads, looked at each 10 ms. */
async function untilLeads(clock: FakeClock, candidate: Candidate, withinMs: number): Promise<number> {
  const began = clock.now();
  while (!candidate.leads()) {
    if (clock.now() - began > withinMs) assert.fail(`does not lead within ${withinMs} ms`);
    await clock.advance(10);
  }
  return clock.now() - began;
}

test("a Lease in memory keeps the contract that one in the API server keeps", async () => {
  const clock = createFakeClock();
  const store = createLeaseWorld(clock).storeFor("any");
  const trying = tryLeaseStore(store);
  // A request takes a millisecond, and a failure is to be told when it comes.
  await Promise.race([trying, clock.advance(100)]);
  await trying;
});

test("the first one leads at once and goes on; the other one stands by and says nothing", async () => {
  const { clock, world, a, b } = await two();
  await clock.advance(3_600_000);
  assert.deepEqual([a.leads(), b.leads()], [true, false]);
  assert.deepEqual([a.story, b.story], [["leads: nobody held the Lease"], []]);
  assert.deepEqual([world.now()?.spec?.leaseTransitions, a.problems, b.problems], [0, [], []]);
});

test("nobody stands for election before being fit for the work", async () => {
  const { clock, world, candidate } = stage();
  let fit = false;
  const a = candidate("a", () => fit);
  await clock.advance(60_000);
  assert.equal(world.now(), undefined);
  fit = true;
  await clock.advance(100);
  assert.ok(a.leads());
});

test("one that ends gives the Lease back, and the next one leads within a retry", async () => {
  const { clock, world, a, b } = await two();
  await a.stop();
  assert.deepEqual([a.leads(), a.ended(), world.now()?.spec?.holderIdentity], [false, true, ""]);
  assert.ok((await untilLeads(clock, b, 15_000)) <= 2_000);
  assert.deepEqual(b.story, ["leads: nobody held the Lease"]);
  assert.equal(world.now()?.spec?.leaseTransitions, 1);
});

test("one that ends while another one leads leaves the Lease alone", async () => {
  const { world, a, b } = await two();
  await b.stop();
  assert.deepEqual([a.leads(), b.ended(), world.now()?.spec?.holderIdentity], [true, true, "a"]);
});

test("one that ends during an outage does not wait for the outage to end", async () => {
  const { clock, world, a } = await two();
  world.setWeather("a", "hang");
  await a.stop();
  await clock.advance(2_000);
  assert.deepEqual([a.ended(), a.problems.length], [true, 1]);
});

test("when a leader vanishes the next one leads after the lease time and a retry at most, and never before", async () => {
  const { clock, world, b } = await two();
  world.setWeather("a", "hang");
  const took = await untilLeads(clock, b, 20_000);
  assert.ok(took > 15_000 - 2_000 && took <= 15_000 + 2_000, `${took} ms`);
  assert.deepEqual(b.story, ["leads: the time of a was up"]);
});

for (const hours of [-1, 1])
  test(`a wall clock that steps by ${hours} h changes nothing, be it the leader's or the other one's`, async () => {
    for (const whose of ["a", "b"] as const) {
      const place = await two();
      const { clock, a, b, world } = place;
      place[whose].stepWallClock(hours * 3_600_000);
      await clock.advance(60_000);
      assert.deepEqual([a.leads(), b.leads(), a.story.length, b.story.length], [true, false, 1, 0]);
      world.setWeather("a", "hang");
      const took = await untilLeads(clock, b, 20_000);
      assert.ok(took > 13_000 && took <= 17_000, `${took} ms`);
    }
  });

test("a Lease whose times lie far in the past or the future is judged by when it was first seen", async () => {
  for (const renewTime of ["2020-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"]) {
    const { clock, world, candidate } = stage();
    world.set({ holderIdentity: "dead", leaseDurationSeconds: 15, renewTime, leaseTransitions: 7 });
    const a = candidate("a");
    const took = await untilLeads(clock, a, 20_000);
    assert.ok(took >= 15_000 && took <= 17_000, `${took} ms`);
    assert.equal(world.now()?.spec?.leaseTransitions, 8);
  }
});

test("an outage shorter than the renew deadline costs nothing; a longer one costs leadership at the deadline, also while a request hangs", async () => {
  for (const weather of ["refused", "hang", "lost"] as const) {
    const { clock, world, a, b } = await two();
    world.setWeather("a", weather);
    world.setWeather("b", weather);
    await clock.advance(7_000);
    assert.ok(a.leads());
    await clock.advance(10_000);
    assert.deepEqual([a.leads(), b.leads()], [false, false]);
    assert.equal(a.story.at(-1), "stands by: the Lease could not be renewed in time");
    assert.ok(a.problems.length > 1);
    world.setWeather("a", "fair");
    world.setWeather("b", "fair");
    await clock.advance(12_000);
    assert.deepEqual([a.leads(), b.leads()].filter(Boolean).length, 1, weather);
  }
});

test("one whose write was done though its answer was lost finds that out and leads", async () => {
  const { clock, world, candidate } = stage();
  world.setWeather("a", "lost");
  const a = candidate("a");
  await clock.advance(1_000);
  assert.deepEqual([a.leads(), world.now()?.spec?.holderIdentity], [false, "a"]);
  world.setWeather("a", "fair");
  await clock.advance(7_000);
  assert.ok(a.leads());
  assert.equal(world.now()?.spec?.leaseTransitions, 0);
});

test("leadership counts from before the requests that renewed it, however long they took", async () => {
  const { clock, world, candidate } = stage();
  world.setWeather("a", "slow");
  const a = candidate("a");
  await clock.advance(8_010);
  assert.ok(a.leads());
  await clock.advance(2_000);
  assert.equal(a.leads(), false);
});

test("a Lease that a hand gives to somebody else, or deletes, is followed", async () => {
  const { clock, world, a, b } = await two();
  world.set({ holderIdentity: "somebody", leaseDurationSeconds: 60 });
  await clock.advance(2_100);
  assert.deepEqual([a.leads(), a.story.at(-1)], [false, "stands by: somebody holds the Lease"]);
  await clock.advance(50_000);
  assert.deepEqual([a.leads(), b.leads()], [false, false], "a holder has the time it asked for");
  world.set(undefined);
  await clock.advance(2_100);
  assert.equal([a, b].filter((one) => one.leads()).length, 1);
});

const act = fc.record(
  {
    who: fc.constantFrom("a", "b", "c"),
    weather: fc.constantFrom<Weather>("fair", "slow", "refused", "lost", "hang"),
    forMs: fc.integer({ min: 1, max: 20_000 }),
  },
  { noNullPrototype: true },
);

test("no two lead at once, whatever happens to their requests, and one leads once the outages are over", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
      const { clock, world, candidate } = stage();
      const all = new Map(["a", "b", "c"].map((name) => [name, candidate(name)]));
      const leaders = () => [...all.values()].filter((one) => one.leads()).length;
      const advance = async (ms: number) => {
        for (let left = ms; left > 0; left -= 250) {
          await clock.advance(Math.min(left, 250));
          assert.ok(leaders() <= 1, "two lead");
        }
      };
      for (const { who, weather, forMs } of acts) {
        world.setWeather(who, weather);
        await advance(forMs);
      }
      for (const name of all.keys()) world.setWeather(name, "fair");
      await advance(30_000);
      assert.equal(leaders(), 1);
    }),
    { numRuns: 40 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventMemory, type EventMemory } from "../../test/support/event-memory.ts";
import { happening, tryEventStore } from "../../test/support/event-store-contract.ts";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.ts";
import { createEventWriter, type EventOutcome, type EventWriter } from "./event-writer.ts";

interface Desk {
  readonly clock: FakeClock;
  readonly store: EventMemory;
  readonly writer: EventWriter;
  /** Outcome → how often. */
  readonly outcomes: ReadonlyMap<EventOutcome, number>;
  readonly stop: () => void;
}

function desk(): Desk {
  const clock = createFakeClock();
  const store = createEventMemory();
  const outcomes = new Map<EventOutcome, number>();
  const stopped = new AbortController();
  let draw = 0;
  const writer = createEventWriter({
    store,
    clock,
    reporter: { controller: "podnet.dev/operator", instance: "test" },
    wallClock: () => Date.UTC(2026, 10, 24, 12) + clock.now(),
    random: () => (draw = (draw * 16_807 + 12_345) % 2_147_483_647) / 2_147_483_647,
    onOutcome: (outcome) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  });
  void writer.run(stopped.signal);
  return { clock, store, writer, outcomes, stop: () => stopped.abort() };
}

/** e.g. `["node-1 10.244.1.0/24 x3"]`. */
function told(store: EventMemory): string[] {
  return store.all().map(({ note, series }) => `${note} x${series?.count ?? 1}`);
}

test("Events in memory keep the contract that those in the API server keep", () => tryEventStore(createEventMemory()));

test("what happens once is one Event, with its time", async () => {
  const { clock, store, writer } = desk();
  await clock.advance(1_500);
  writer.tell(happening());
  await clock.advance(1);
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x1"]);
  assert.equal(store.all()[0]?.eventTime, "2026-11-24T12:00:01.500000Z");
});

test("a hundred equal ones are one Event that says a hundred, in two writes", async () => {
  const { clock, store, writer } = desk();
  for (let time = 0; time < 100; time++) writer.tell(happening());
  await clock.advance(60_000);
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x100"]);
  assert.equal(store.writes(), 2);
});

test("what differs in object, reason, type or note is another Event", async () => {
  const { clock, store, writer } = desk();
  for (const part of [{}, { of: "other" }, { reason: "SubnetHeld" }, { type: "Warning" as const }, { note: "node-2" }])
    writer.tell(happening(part));
  await clock.advance(10);
  assert.equal(new Set(store.all().map(({ metadata }) => metadata.name)).size, 5);
});

test("what happens again after the window is another Event; within it, however often, the same", async () => {
  const { clock, store, writer } = desk();
  for (let time = 0; time < 5; time++) {
    writer.tell(happening());
    await clock.advance(9 * 60_000);
  }
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x5"]);
  await clock.advance(2 * 60_000);
  writer.tell(happening());
  await clock.advance(10);
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x5", "node-1 10.244.1.0/24 x1"]);
});

test("of one object 25 are told at once, then one in five minutes; other objects are told all the same", async () => {
  const { clock, store, writer, outcomes } = desk();
  for (let number = 1; number <= 40; number++) writer.tell(happening({ note: `node-${number}` }));
  writer.tell(happening({ of: "other" }));
  await clock.advance(10_000);
  assert.deepEqual([store.all().length, outcomes.get("limited")], [26, 15]);
  await clock.advance(5 * 60_000);
  writer.tell(happening({ note: "node-41" }));
  writer.tell(happening({ note: "node-42" }));
  await clock.advance(10);
  assert.deepEqual([store.all().length, outcomes.get("limited")], [27, 16]);
});

test("of very many objects a hundred are told at once, then twenty a second, and what nobody could wait for is dropped", async () => {
  const { clock, store, writer, outcomes } = desk();
  for (let number = 1; number <= 1_000; number++) writer.tell(happening({ of: `network-${number}` }));
  await clock.advance(1);
  assert.deepEqual([store.all().length, outcomes.get("dropped")], [100, 500]);
  await clock.advance(10_000);
  assert.ok(Math.abs(store.all().length - 300) <= 2, `${store.all().length}`);
  await clock.advance(60_000);
  assert.equal(store.all().length, 500);
});

test("a server that takes nothing stops nobody, and what happens later is told", async () => {
  const { clock, store, writer, outcomes } = desk();
  store.setBroken(true);
  writer.tell(happening());
  await clock.advance(60_000);
  assert.deepEqual([outcomes.get("failed"), store.writes()], [1, 1], "it is not tried again");
  store.setBroken(false);
  writer.tell(happening());
  await clock.advance(10);
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x1"]);
  store.forget();
  for (let time = 0; time < 2; time++) {
    writer.tell(happening());
    await clock.advance(6_000);
  }
  assert.deepEqual(told(store), ["node-1 10.244.1.0/24 x1"], "one that the server forgot is made anew");
});

test("after the signal nothing is written", async () => {
  const { clock, store, writer, stop } = desk();
  await clock.advance(1);
  stop();
  writer.tell(happening());
  await clock.advance(60_000);
  assert.deepEqual([store.writes(), clock.pending()], [0, 0]);
});

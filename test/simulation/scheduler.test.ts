import assert from "node:assert/strict";
import { test } from "node:test";
import { createScheduler } from "./scheduler.ts";

test("what is planned is done in the order of its moments, and what is for one moment in the order of its planning", async () => {
  const scheduler = createScheduler();
  const done: string[] = [];
  const plan = (delayMs: number, name: string) => scheduler.after(delayMs, () => void done.push(`${scheduler.now()} ${name}`));
  plan(5, "c");
  plan(1, "a");
  const cancel = plan(2, "taken back");
  plan(5, "d");
  plan(3, "b");
  cancel();
  await scheduler.run(() => false);
  assert.deepEqual(done, ["1 a", "3 b", "5 c", "5 d"]);
});

test("all promise callbacks run before the next step, however long their chain", async () => {
  const scheduler = createScheduler();
  const done: string[] = [];
  const chain = async () => {
    for (let index = 0; index < 1_000; index++) await Promise.resolve();
    for await (const item of counted()) done.push(`chain ${item}`);
  };
  scheduler.after(1, () => void chain().then(() => done.push("chain ended")));
  scheduler.after(1, () => void done.push("next step"));
  await scheduler.run(() => false);
  assert.deepEqual(done, ["chain 1", "chain 2", "chain 3", "chain ended", "next step"]);
});

test("nothing of a paused actor is done before its pause is over, and nothing of a dead one at all", async () => {
  const scheduler = createScheduler();
  let alive = true;
  const actor = { alive: () => alive, pausedUntil: () => 50, beforeTurn: () => true };
  const done: number[] = [];
  scheduler.after(10, () => void done.push(scheduler.now()), actor);
  scheduler.after(60, () => void done.push(scheduler.now()), actor);
  scheduler.after(55, () => {
    alive = false;
  });
  await scheduler.run(() => false);
  assert.deepEqual(done, [50]);
});

async function* counted() {
  for (const item of [1, 2, 3]) yield item;
}

test("a failure of a step ends the run, and so do too many steps", async () => {
  const scheduler = createScheduler();
  scheduler.after(1, () => {
    throw new Error("broken");
  });
  await assert.rejects(
    scheduler.run(() => false),
    /broken/,
  );
  const again = () => void scheduler.after(1, again);
  again();
  await assert.rejects(
    scheduler.run(() => false, 100),
    /100 steps were not enough/,
  );
});

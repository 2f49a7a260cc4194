import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeNetworkResource } from "../../crds/names.ts";
import { createCoverage } from "./coverage.ts";
import { runSchedule, type Schedule } from "./run-schedule.ts";
import { calm } from "./weather.ts";

const schedule = firstRun(40);

async function traceOf(seed: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await runSchedule(schedule, { seed, trace: (line) => void lines.push(line) });
  return lines;
}

test("the same seed gives the same trace to the letter, another seed another one", async () => {
  for (const seed of [3, 14, 159]) {
    const first = await traceOf(seed);
    assert.ok(first.length > 50);
    assert.deepEqual(await traceOf(seed), first);
  }
  assert.notDeepEqual(await traceOf(4), await traceOf(3));
});

test("two operators and more come to rest after 150 schedules of every fault, and no two subnets ever overlap", async () => {
  const coverage = createCoverage();
  for (let seed = 1; seed <= 150; seed++) {
    const result = await runSchedule(schedule, { seed });
    coverage.add(result.coverage);
  }
  const faults = Object.keys(calm).filter((fault) => fault !== "staleList");
  const moves = schedule.moves.map(({ name }) => name);
  const events = ["createConflict", "writeConflict", "writeAppliedReplyLost", "watchTooOld", "restore", "processKilled"];
  assert.deepEqual(coverage.missing([...faults, ...moves, ...events]), []);
});

/** One operator, no moves and no faults but its death at the n-th of its awaits; another one follows. */
function dyingAt(turn: number): Schedule & { readonly died: () => boolean } {
  let died = false;
  return {
    ...schedule,
    length: 0,
    begin(world) {
      schedule.begin(world);
      for (const process of world.processes.slice(1)) process.kill();
      world.processes[0]?.killAtTurn(turn);
    },
    calmDown: () => undefined,
    atRest(world) {
      if (world.processes.length === 0) {
        died = true;
        schedule.calmDown(world);
      }
      schedule.atRest(world);
      assert.equal(world.view.list(nodeNetworkResource).length, 5);
    },
    died: () => died,
  };
}

test("an operator that dies at any of its awaits leaves a state from which the next one comes to rest", async () => {
  let turn = 1;
  for (; turn < 1_000; turn++) {
    const dying = dyingAt(turn);
    await runSchedule(dying, { seed: 9 });
    if (!dying.died()) break;
  }
  assert.ok(turn > 40 && turn < 1_000, `it awaited ${turn} times`);
});

test("a broken invariant ends the run and names its seed", async () => {
  const broken = () => {
    throw new Error("nothing may be written");
  };
  await assert.rejects(
    runSchedule({ ...schedule, invariants: [broken] }, { seed: 77 }),
    /^ScheduleFailure: seed 77: nothing may be written$/,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocationProof, proofKinds } from "./allocation-proof.ts";
import { playSeeds } from "./play-proof.ts";
import { runSchedule, type Schedule } from "./run-schedule.ts";
import { nodeNetworks } from "./truth.ts";

const kinds = proofKinds();

async function traceOf(seed: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await runSchedule(allocationProof({ kinds, seed }), { seed, trace: (line) => void lines.push(line) });
  return lines;
}

test("the same seed gives the same trace to the letter, another seed another one", async () => {
  for (const seed of [3, 14]) {
    const first = await traceOf(seed);
    assert.ok(first.length > 50);
    assert.deepEqual(await traceOf(seed), first);
  }
  assert.notDeepEqual(await traceOf(4), await traceOf(3));
});

test("twenty schedules of every fault end well", async () => {
  const { failures } = await playSeeds({ seed: 1_000_000, count: 20, without: [], judgedEach: 1 }, kinds);
  assert.deepEqual(failures, []);
});

/** One operator, no moves and no faults but its death at the n-th of its awaits; another one follows. */
function dyingAt(turn: number): Schedule & { readonly died: () => boolean } {
  const schedule = allocationProof({ kinds, seed: 9 });
  let died = false;
  return {
    ...schedule,
    length: 0,
    leastFaults: 0,
    certain: [],
    begin(world) {
      schedule.begin(world);
      const [first, ...others] = world.processes.filter(({ name }) => name.startsWith("operator"));
      for (const process of others) process.kill();
      first?.killAtTurn(turn);
    },
    calmDown: () => undefined,
    atRest(world) {
      if (!world.processes.some(({ name }) => name.startsWith("operator"))) {
        died = true;
        schedule.calmDown(world);
      }
      schedule.atRest(world);
      assert.ok(world.view.list(nodeNetworks).length >= 4);
    },
    died: () => died,
  };
}

test("an operator that dies at any of its first awaits leaves a state from which the next one comes to rest", async () => {
  for (let turn = 1; turn < 120; turn += 3) await runSchedule(dyingAt(turn), { seed: 9 });
  const dying = dyingAt(60);
  await runSchedule(dying, { seed: 9 });
  assert.ok(dying.died());
});

test("a broken invariant ends the run and names its seed", async () => {
  const broken = () => {
    throw new Error("nothing may be written");
  };
  await assert.rejects(
    runSchedule({ ...allocationProof({ kinds, seed: 77 }), invariants: [broken] }, { seed: 77 }),
    /^ScheduleFailure: seed 77: nothing may be written$/,
  );
});

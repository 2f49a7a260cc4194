import assert from "node:assert/strict";
import { test } from "node:test";
import { startWalks } from "../walk/start-walks.ts";

/** Walks begin for so long; the share of `npm run verify:drift` in every run of the tests. */
const limitMs = 12_000;

test("whatever somebody damages on a node, one look repairs it and no other is needed, what is not podnet's stays, and each repair is told as one", async (t) => {
  const seed = Date.now() % 1_000_000;
  const failures: string[] = [];
  let [walks, damaged] = [0, 0];
  await startWalks(t, { seed, walks: 1_000, rounds: 6, trace: false, limitMs }, (answer) => {
    if ("trace" in answer) return;
    walks += 1;
    damaged += answer.damaged.length;
    if (answer.failure !== undefined) failures.push(`npm run verify:drift -- --seed ${answer.seed} --trace: ${answer.failure}`);
  });
  t.diagnostic(`${walks} walks from seed ${seed}, ${damaged} times something was damaged`);
  assert.ok(walks > 0 && damaged > 0);
  assert.deepEqual(failures, []);
});

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { spreadProof } from "./spread-proof.ts";
import { calm } from "./weather.ts";

/** Losses of stored objects, and another machine under a Node's name. `npm run verify:allocation` plays them too, and judges where each schedule comes to rest. */
const without = ["objectsErased", "claimErased", "restored bumped", "restored rewound", "machineReplaced"];

const mustComeAbout = [
  "createConflict",
  "writeConflict",
  "writeAppliedReplyLost",
  "promotionRefused",
  "nodeRecreatedWhileHeld",
  "twoPrefixesOffered",
  "released",
  "drained",
  "returned",
  "loserAccepted",
  "processKilled",
  "clockStep",
];

test("1,000 schedules of faults, crashes and changes: no prefix is ever used by two, nothing in use is lost, no claim goes unseen", async () => {
  const workers = Math.min(2, availableParallelism());
  const { coverage, failures } = await spreadProof({ seed: 1, schedules: 1_000, workers, without, ending: "watched" });
  assert.deepEqual(failures, []);
  console.log(Object.fromEntries(coverage.all()));
  assert.deepEqual(coverage.missing([...mustComeAbout, ...Object.keys(calm).filter((fault) => fault !== "staleList")]), []);
});

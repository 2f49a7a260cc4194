import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { proofEvents } from "./proof-coverage.ts";
import { spreadProof } from "./spread-proof.ts";
import { calm } from "./weather.ts";

test("2,000 schedules of every fault end well, and everything that they are to prove something of came about", async () => {
  const workers = Math.min(2, availableParallelism());
  const { coverage, failures } = await spreadProof({ seed: 1, schedules: 2_000, workers });
  assert.deepEqual(failures, []);
  console.log(Object.fromEntries(coverage.all()));
  assert.deepEqual(coverage.missing([...proofEvents, ...Object.keys(calm).filter((fault) => fault !== "staleList")]), []);
});

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { proofEvents } from "./proof-coverage.ts";
import { spreadProof } from "./spread-proof.ts";
import { calm } from "./weather.ts";

test("2,000 schedules of faults, crashes, losses and restores: no prefix is ever used by two, nothing in use is lost, and in the end all is as it must be", async () => {
  const workers = Math.min(2, availableParallelism());
  const { coverage, failures } = await spreadProof({ seed: 1, schedules: 2_000, workers });
  assert.deepEqual(failures, []);
  console.log(Object.fromEntries(coverage.all()));
  // Nothing here lists whatever version the server likes.
  const faults = Object.keys(calm).filter((fault) => fault !== "staleList");
  assert.deepEqual(coverage.missing([...proofEvents, ...faults]), []);
});

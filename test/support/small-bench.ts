import assert from "node:assert/strict";
import type { Bench, BenchInput } from "../../bench/bench.ts";
import { quietProgress } from "../../tools/progress.ts";
import { labName } from "./lab-name.ts";

const small = (name: string): BenchInput => ({
  nodes: 20,
  planned: [50, 100],
  admitted: [{ networks: 3, ranges: 2 }],
  admissionSeconds: 1,
  programmed: [1, 20],
  repairs: 2,
  rotations: 1,
  rounds: 1,
  whole: true,
  steadySeconds: 3,
  added: 2,
  profileFolder: undefined,
  labName: labName(name),
  progress: quietProgress(),
});

/** Runs a bench on a small cluster; gives the names of its figures, every one of which is a number of each round. */
export async function namesOf(bench: Bench, name: string): Promise<string[]> {
  const figures = await bench.run(small(name));
  for (const { what, values } of figures)
    assert.ok(
      values.length > 0 && values.every((value) => Number.isFinite(value) && (value >= 0 || what.includes("adds"))),
      `${what}: ${values.join(", ")}`,
    );
  return figures.map(({ what }) => what);
}

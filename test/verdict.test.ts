import assert from "node:assert/strict";
import test from "node:test";
import { BINARIES_BUDGET, levelNamed } from "./level.ts";
import { type Counts, judge, renderTable, type Result } from "./verdict.ts";

const good: Counts = { passed: 3, failed: 0, skipped: 0, emptyFiles: [], failures: [] };

function result(name: "unit" | "kernel" | "contract" | "cluster", seconds: number, more: Partial<Result> = {}): Result {
  return { name, seconds, budget: levelNamed(name).budget, counts: good, ...more };
}

test("a run in which every test passed in time has nothing failed", () => {
  assert.deepEqual(judge([result("unit", 100), result("kernel", 80)]), { passed: 6, failed: 0, problems: [] });
});

test("what failed is said again at the end, and counts once", () => {
  const failures = ["a.test.ts: it rains: no cloud"];
  assert.deepEqual(judge([result("unit", 1, { counts: { ...good, failed: 1, failures } })]), {
    passed: 3,
    failed: 1,
    problems: failures,
  });
});

test("skipped tests count as failed", () => {
  assert.equal(judge([result("unit", 1, { counts: { ...good, failed: 1, skipped: 2 } })]).failed, 3);
});

test("a level without a test, a file without a test and a level that could not run are failures", () => {
  const verdict = judge([
    result("unit", 1, { counts: { passed: 0, failed: 0, skipped: 0, emptyFiles: [], failures: [] } }),
    result("contract", 1, { counts: { ...good, emptyFiles: ["test/contract/a.test.ts"] } }),
    { name: "cluster", seconds: 0, budget: levelNamed("cluster").budget, refused: "it needs root." },
  ]);
  assert.deepEqual(verdict, {
    passed: 3,
    failed: 3,
    problems: ["unit ran no test at all", "test/contract/a.test.ts holds no test", "cluster could not run: it needs root."],
  });
});

test("levels that share a budget are judged by their sum", () => {
  assert.deepEqual(judge([result("unit", 100), result("kernel", 81)]).problems, [
    "unit and kernel took 181 s, more than the budget of 180 s",
  ]);
  assert.deepEqual(judge([{ name: "binaries", seconds: 1201, budget: BINARIES_BUDGET }]).problems, [
    "binaries took 1201 s, more than the budget of 1200 s",
  ]);
});

test("the table has a line for each level and for the binaries", () => {
  const table = renderTable([
    result("unit", 12.34, { counts: { ...good, passed: 118, failed: 1, skipped: 1 } }),
    { name: "binaries", seconds: 0.2, budget: BINARIES_BUDGET },
    { name: "cluster", seconds: 0, budget: levelNamed("cluster").budget, refused: "it needs root." },
  ]);
  assert.equal(
    table,
    [
      "level            tests  passed  failed  seconds  budget",
      "unit               120     118       2     12.3  180 with kernel",
      "binaries             -       -       -      0.2  1200",
      "cluster              -       -       -  not run  900",
    ].join("\n"),
  );
});

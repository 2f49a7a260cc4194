import assert from "node:assert/strict";
import { test } from "node:test";
import { acrossRounds, median, renderFigures } from "./figure.ts";

test("the median is the middle of an odd number and between the two middle ones of an even number", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test("a table shows the median, the spread over the rounds, and whether the target is met", () => {
  const round = (seconds: number) => [
    { what: "all claims Active", unit: "s", values: [seconds], atMost: 15 },
    { what: "operator, peak memory", unit: "MiB", values: [1234.5], atMost: 1000, remark: "VmHWM" },
  ];
  assert.equal(
    renderFigures(acrossRounds([round(9), round(12.345), round(10)])),
    [
      "                          median        from, to     target",
      "all claims Active           10 s       9 to 12.3     ≤ 15 ✓",
      "operator, peak memory  1,235 MiB  1,235 to 1,235  ≤ 1,000 ✗  VmHWM",
    ].join("\n"),
  );
});

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { playLeaks } from "../leaks/play-leaks.ts";
import { programmedNode } from "../leaks/programmed-node.ts";
import { chanceOf } from "../simulation/chance.ts";

test("30 calls of plugins killed anywhere, and a reboot: no address is left behind, given to two pods, or taken from one that has it", async (t: TestContext) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const figures = await playLeaks({ ...(await programmedNode(t)), chance: chanceOf(seed), kills: 30, atOnce: 2, apartMs: 400 });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual([figures.leaked, figures.violations], [[], []]);
  assert.ok(figures.kills >= 30 && figures.collected > 0, "leaks came about");
});

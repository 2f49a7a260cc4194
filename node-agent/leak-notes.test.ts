import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { agentMetrics } from "./metrics.ts";
import type { LeakLook } from "./leak-collector.ts";
import { createLeakNotes } from "./leak-notes.ts";

const quiet: LeakLook = { collected: [], suspected: 0, problem: undefined, againAfterMs: undefined };

/** What is logged of looks, e.g. `"info lease collected 10.244.1.9"`, and the metrics after them. */
async function noted(...looks: readonly Partial<LeakLook>[]): Promise<{ lines: string[]; metrics: string }> {
  const lines: string[] = [];
  const write = (line: string) => {
    const { level, message, key, because } = JSON.parse(line) as Record<string, string>;
    lines.push([level, message, key ?? because].join(" "));
  };
  const metrics = createMetrics({ component: "agent", table: agentMetrics });
  const notes = createLeakNotes({ log: createLog({ component: "agent", level: "info", write }), metrics });
  for (const look of looks) notes.note({ ...quiet, ...look });
  return { lines, metrics: await metrics.text() };
}

test("a look that finds nothing tells nothing; addresses that were taken back are told one by one, and counted", async () => {
  assert.deepEqual((await noted({}, { suspected: 2 })).lines, []);
  const { lines, metrics } = await noted(
    { collected: ["10.244.1.9", "fd00::9"], suspected: 3 },
    { collected: ["10.244.1.8"], suspected: 1 },
  );
  assert.deepEqual(
    lines,
    ["10.244.1.9", "fd00::9", "10.244.1.8"].map((address) => `info lease collected ${address}`),
  );
  assert.match(metrics, /^podnet_agent_leases_collected_total\{component="agent"\} 3$/m);
  assert.match(metrics, /^podnet_agent_leases_suspected\{component="agent"\} 1$/m);
});

test("what cannot be judged is told when it is so a second time, once, and anew after it was mended", async () => {
  const bad = { problem: "no folder" };
  assert.deepEqual((await noted(bad, {}, bad)).lines, []);
  assert.deepEqual((await noted(bad, bad, bad)).lines, ["warn leases not judged no folder"]);
  assert.equal((await noted(bad, bad, {}, bad, bad)).lines.length, 2);
});

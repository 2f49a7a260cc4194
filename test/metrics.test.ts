import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { MetricSpec, MetricTable } from "../lib/daemon/metric-table.ts";
import { agentMetrics } from "../node-agent/metrics.ts";
import { operatorMetrics } from "../operator/metrics.ts";
import { webhookMetrics } from "../webhooks/metrics.ts";

const root = join(import.meta.dirname, "..");

/** Folder of a stage → what its metrics begin with, and what they are. */
const stages: readonly (readonly [folder: string, prefix: string, table: MetricTable])[] = [
  ["operator", "podnet_operator_", operatorMetrics],
  ["webhooks", "podnet_webhook_", webhookMetrics],
  ["node-agent", "podnet_agent_", agentMetrics],
];

for (const [folder, prefix, table] of stages) {
  test(`every metric of ${folder} is used there`, () => {
    const files = globSync("**/*.ts", { cwd: join(root, folder) }).filter(
      (file) => file !== "metrics.ts" && !file.endsWith(".test.ts"),
    );
    const text = files.map((file) => readFileSync(join(root, folder, file), "utf8")).join("\n");
    assert.deepEqual(
      Object.keys(table).filter((name) => !text.includes(`"${name}"`)),
      [],
    );
  });

  test(`every metric of ${folder} is named as Prometheus' users expect it`, () => {
    for (const [name, { type, help }] of Object.entries<MetricSpec>(table)) {
      assert.ok(name.startsWith(prefix), `${name} does not begin with ${prefix}`);
      assert.match(name, /^[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", `${name}: _total is for counters, and all of them`);
      assert.ok(type !== "histogram" || name.endsWith("_seconds"), `${name}: the unit is missing`);
      assert.ok(!/(milliseconds|_ms|_mib|_minutes|percent)/.test(name), `${name} has no base unit`);
      assert.match(help, /^[A-Z0-9].*\.$/, `${name}: help is a sentence`);
    }
  });
}

// The alert rules, as Prometheus itself reads and evaluates them.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../../lab/run-command.ts";
import { createMetrics } from "../../lib/daemon/metrics.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { operatorMetrics } from "../../operator/metrics.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";
import { webhookMetrics } from "../../webhooks/metrics.ts";
import { alertRulesFile } from "../support/alert-rules.ts";
import { renderAlertTrial } from "../support/alert-trial.ts";

let promtool: string;
let folder: string;

before(async () => {
  ({ promtool } = await provideBinaries(["prometheus"], quietProgress()));
  folder = await mkdtemp(join(tmpdir(), "podnet-alerts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function must(argv: readonly string[], stdin = ""): Promise<void> {
  const { code, stdout, stderr } = await runCommand([promtool, ...argv], { stdin, timeoutMs: 60_000 });
  assert.equal(code, 0, `${stdout}${stderr}`);
}

test("Prometheus takes the rules, without a remark", () =>
  must(["check", "rules", "--lint=all", "--lint-fatal", alertRulesFile]));

test("in a healthy cluster no alert fires; each one does in its case, when it is time to, with its texts filled in, and no other one", async () => {
  const file = join(folder, "trial.yaml");
  await writeFile(file, JSON.stringify(renderAlertTrial()));
  await must(["test", "rules", file]);
});

test("Prometheus takes the configuration that docs/operations.md shows for it", async () => {
  const page = await readFile(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const [, yaml] = /^```yaml\n(scrape_configs:\n[\s\S]*?)^```/m.exec(page) ?? [];
  assert.ok(yaml);
  const file = join(folder, "prometheus.yaml");
  await writeFile(file, yaml);
  await must(["check", "config", "--syntax-only", file]);
});

for (const [component, table] of Object.entries({ operator: operatorMetrics, webhook: webhookMetrics, agent: agentMetrics }))
  test(`Prometheus finds nothing to remark about the names and texts of the ${component}'s metrics`, async () => {
    const page = await createMetrics({ component, table }).text();
    const own = page.split("\n").filter((line) => /^(?:# (?:HELP|TYPE) )?podnet_/.test(line));
    await must(["check", "metrics"], `${own.join("\n")}\n`);
  });

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeNetworkConditionTypes, podNetworkReasons } from "../crds/conditions.ts";
import { type MetricSpec, type MetricTable, processMetrics } from "../lib/daemon/metric-table.ts";
import { agentMetrics } from "../node-agent/metrics.ts";
import { operatorMetrics } from "../operator/metrics.ts";
import { webhookMetrics } from "../webhooks/metrics.ts";
import { alertCases, healthyCluster } from "./support/alert-cases.ts";
import { type AlertRule, readAlertRules } from "./support/alert-rules.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const rules = readAlertRules();
const declared: MetricTable = { ...processMetrics, ...operatorMetrics, ...webhookMetrics, ...agentMetrics };
const metrics = new Map(Object.entries<MetricSpec>(declared));

/** Metric → matchers, e.g. `type="Ready"`, of every selector in an expression. */
function selectorsOf({ expr }: AlertRule) {
  return Array.from(expr.matchAll(/\b(podnet_\w+)(?:\{([^}]*)\})?/g), ([, name = "", inside = ""]) => {
    const matchers = Array.from(inside.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g), ([, label = "", , value = ""]) => ({
      label,
      values: value.split("|"),
    }));
    return { name: name.replace(/_bucket$/, ""), matchers };
  });
}

test("every alert names metrics and labels that there are", () => {
  for (const rule of rules) {
    const selectors = selectorsOf(rule);
    assert.ok(selectors.length > 0, `${rule.alert} looks at nothing of podnet`);
    for (const { name, matchers } of selectors) {
      const spec = metrics.get(name);
      assert.ok(spec, `${rule.alert}: there is no ${name}`);
      for (const { label } of matchers) assert.ok(label in (spec.labels ?? {}), `${rule.alert}: ${name} has no label ${label}`);
    }
  }
});

test("every alert names conditions and reasons that there are", () => {
  const types: readonly string[] = [...Object.keys(podNetworkReasons), ...nodeNetworkConditionTypes];
  const reasons: readonly string[] = Object.values(podNetworkReasons).flat();
  for (const rule of rules)
    for (const { matchers } of selectorsOf(rule))
      for (const { label, values } of matchers)
        for (const value of values) {
          if (label === "type") assert.ok(types.includes(value), `${rule.alert}: no condition ${value}`);
          if (label === "reason") assert.ok(reasons.includes(value), `${rule.alert}: no reason ${value}`);
        }
});

test("every alert says how bad it is, what is wrong and what to do, and leads to its own section of docs/runbooks.md", () => {
  const headings = Array.from(read("docs/runbooks.md").matchAll(/^## (.+)$/gm), ([, text = ""]) => text);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Podnet[A-Z]\w+$/);
    assert.ok(["critical", "warning"].includes(labels.severity), `${alert}: severity ${labels.severity}`);
    assert.ok(annotations.summary.length > 10 && annotations.summary.length <= 120, `${alert}: its summary is one short line`);
    assert.doesNotMatch(annotations.summary, /\.$|\n/, `${alert}: its summary is no sentence`);
    assert.match(annotations.description, /^\S[\s\S]{60,}[.?]$/, `${alert}: its description is sentences`);
    assert.equal(annotations.runbook_url, `docs/runbooks.md#${alert.toLowerCase()}`);
  }
  assert.deepEqual(
    headings,
    rules.map(({ alert }) => alert),
    "the sections of docs/runbooks.md are the alerts, in their order",
  );
});

test("every alert has a case in which it fires, and no case is of an alert that there is not", () => {
  assert.deepEqual(
    [...new Set(alertCases.map(({ alert }) => alert))],
    rules.map(({ alert }) => alert),
  );
});

test("the series of the cases are those of metrics that there are, with all of their labels", () => {
  /** Of who scrapes. */
  const scraped = ["component", "instance", "node"];
  const all = [healthyCluster, ...alertCases.map(({ wrong }) => wrong)].flatMap((cluster) => Object.keys(cluster));
  for (const series of all) {
    const [, name = "", inside = ""] = /^(\w+)\{(.*)\}$/.exec(series) ?? assert.fail(series);
    const spec = metrics.get(name.replace(/_bucket$/, ""));
    assert.ok(spec, `there is no ${name}`);
    const labels = Array.from(inside.matchAll(/(\w+)="/g), ([, label = ""]) => label).filter((label) => !scraped.includes(label));
    const wanted = [...Object.keys(spec.labels ?? {}), ...(spec.type === "histogram" ? ["le"] : [])];
    assert.deepEqual(labels.toSorted(), wanted.toSorted(), series);
  }
});

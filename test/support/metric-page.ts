import assert from "node:assert/strict";
import { type MetricSpec, type MetricTable, processMetrics } from "../../lib/daemon/metric-table.ts";

/** That a page of metrics, as a process serves it, has exactly what its table and docs/metrics.md say: names, types, help, and no other labels. */
export function assertServes(page: string, table: MetricTable): void {
  const wanted: MetricTable = { ...processMetrics, ...table };
  const lines = page.split("\n").filter((line) => /^(?:# (?:HELP|TYPE) )?podnet_/.test(line));
  const heads = lines.filter((line) => line.startsWith("# "));
  assert.deepEqual(
    heads.toSorted(),
    Object.entries<MetricSpec>(wanted)
      .flatMap(([name, { type, help }]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`])
      .toSorted(),
  );
  for (const line of lines.filter((one) => !one.startsWith("# "))) {
    const [, series = "", labels = ""] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? assert.fail(`no series: ${line}`);
    const spec = specOf(wanted, series);
    assert.ok(spec, `${series} is not in the table`);
    const extra = spec.type === "histogram" ? ["component", "le"] : ["component"];
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g))
      assert.ok(label in (spec.labels ?? {}) || extra.includes(label), `${line}: the label ${label} is not in the table`);
  }
}

function specOf(table: MetricTable, series: string): MetricSpec | undefined {
  const specs = new Map(Object.entries<MetricSpec>(table));
  return specs.get(series) ?? specs.get(series.replace(/_(?:bucket|sum|count)$/, ""));
}

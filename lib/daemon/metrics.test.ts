import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricTable } from "./metric-table.ts";
import { createMetrics } from "./metrics.ts";

const table = {
  podnet_x_steps_total: { type: "counter", help: "Steps done.", labels: { kind: "of thing", op: "what was done" } },
  podnet_x_peers: { type: "gauge", help: "Peers programmed." },
  podnet_x_stale_seconds: { type: "gauge", help: "Since the server was heard." },
  podnet_x_free: { type: "gauge", help: "What is free.", labels: { network: "whose" } },
  podnet_x_run_seconds: { type: "histogram", help: "Runs.", buckets: [0.1, 1] },
} as const satisfies MetricTable;

const create = (component = "agent") => createMetrics({ component, table });

test("counters, gauges and histograms are exposed with the component", async () => {
  const metrics = create();
  const steps = metrics.counter("podnet_x_steps_total");
  steps.add({ kind: "route", op: "add" });
  steps.add({ kind: "route", op: "add" }, 4);
  metrics.gauge("podnet_x_peers").set(2);
  let age = 1;
  metrics.gaugeOf("podnet_x_stale_seconds", () => age);
  metrics.histogram("podnet_x_run_seconds").observe(0.5);
  age = 7;
  const text = await metrics.text();
  const wanted = [
    'podnet_x_steps_total{kind="route",op="add",component="agent"} 5',
    'podnet_x_peers{component="agent"} 2',
    'podnet_x_stale_seconds{component="agent"} 7',
    'podnet_x_run_seconds_bucket{le="0.1",component="agent"} 0',
    'podnet_x_run_seconds_bucket{le="1",component="agent"} 1',
    "# HELP podnet_x_peers Peers programmed.",
  ];
  const lines = text.split("\n");
  assert.deepEqual(
    wanted.filter((line) => !lines.includes(line)),
    [],
  );
  assert.match(text, /^process_resident_memory_bytes\{component="agent"\} \d+/m);
  assert.match(text, /^podnet_build_info\{version="\d+\.\d+\.\d+",component="agent"\} 1$/m);
  assert.match(metrics.contentType, /^text\/plain/);
});

test("what a table has is there before anything happened, and two handles of one name are the same metric", async () => {
  const metrics = create();
  assert.match(await metrics.text(), /^# TYPE podnet_x_steps_total counter$/m);
  assert.match(await metrics.text(), /^podnet_x_peers\{component="agent"\} 0$/m);
  for (const count of [1, 2]) metrics.counter("podnet_x_steps_total").add({ kind: "a", op: "b" }, count);
  assert.match(await metrics.text(), /^podnet_x_steps_total\{kind="a",op="b",component="agent"\} 3$/m);
});

test("a gauge with labels that is read when scraped shows nothing that is gone", async () => {
  const metrics = create();
  let names = ["a", "b"];
  metrics.gaugesOf("podnet_x_free", () => names.map((network) => ({ labels: { network }, value: 3 })));
  assert.match(await metrics.text(), /^podnet_x_free\{network="a",component="agent"\} 3$/m);
  names = ["b"];
  const text = await metrics.text();
  assert.doesNotMatch(text, /network="a"/);
  assert.match(text, /^podnet_x_free\{network="b",component="agent"\} 3$/m);
});

test("two sets of metrics in one process do not meet", async () => {
  const [first, second] = [create("a"), create("b")];
  first.gauge("podnet_x_peers").set(3);
  second.gauge("podnet_x_peers").set(1);
  assert.match(await second.text(), /podnet_x_peers\{component="b"\} 1/);
});

test("a name that is not in the table and a label that was not declared are errors", () => {
  const metrics = create();
  const other: string = "podnet_x_other";
  assert.throws(() => metrics.gauge(other as "podnet_x_peers"), /podnet_x_other is not in the table/);
  assert.throws(() => metrics.counter("podnet_x_steps_total").add({ color: "red" }), /color/);
});

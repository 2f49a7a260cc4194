import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

test("counters, gauges and histograms are exposed under the project's prefix, with the component", async () => {
  const metrics = createMetrics({ component: "agent" });
  const steps = metrics.counter("steps_total", "Steps done.", ["kind", "op"]);
  steps.add({ kind: "route", op: "add" });
  steps.add({ kind: "route", op: "add" }, 4);
  metrics.gauge("peers", "Peers programmed.").set(2);
  let age = 1;
  metrics.gaugeOf("stale_seconds", "Since the server was heard.", () => age);
  metrics.histogram("run_seconds", "Runs.", { buckets: [0.1, 1] }).observe(0.5);
  age = 7;
  const text = await metrics.text();
  const wanted = [
    'podnet_steps_total{kind="route",op="add",component="agent"} 5',
    'podnet_peers{component="agent"} 2',
    'podnet_stale_seconds{component="agent"} 7',
    'podnet_run_seconds_bucket{le="0.1",component="agent"} 0',
    'podnet_run_seconds_bucket{le="1",component="agent"} 1',
    "# HELP podnet_peers Peers programmed.",
  ];
  const lines = text.split("\n");
  assert.deepEqual(
    wanted.filter((line) => !lines.includes(line)),
    [],
  );
  assert.match(text, /^process_resident_memory_bytes\{component="agent"\} \d+/m);
  assert.match(metrics.contentType, /^text\/plain/);
});

test("two sets of metrics in one process do not meet", async () => {
  const [first, second] = [createMetrics({ component: "a" }), createMetrics({ component: "b" })];
  first.counter("same_total", "Same.").add({}, 3);
  second.counter("same_total", "Same.").add();
  assert.match(await second.text(), /podnet_same_total\{component="b"\} 1/);
});

test("a name that is declared twice and a label that was not declared are errors", () => {
  const metrics = createMetrics({ component: "a" });
  const counter = metrics.counter("once_total", "Once.", ["kind"]);
  assert.throws(() => metrics.counter("once_total", "Again."), /already been registered/);
  assert.throws(() => counter.add({ color: "red" }), /color/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderMetrics } from "./metrics-page.ts";

test("every metric is a row with its type, its labels and what it means", () => {
  const page = renderMetrics({
    operator: {
      podnet_steps_total: { type: "counter", help: "Writes.", labels: { kind: "of the object", op: "add|remove" } },
      podnet_pass_seconds: { type: "histogram", help: "Passes.", buckets: [1] },
    },
    agent: { podnet_peers: { type: "gauge", help: "Peers." } },
  });
  assert.ok(
    page.endsWith(
      [
        "## operator",
        "",
        "| metric | type | labels | meaning |",
        "|---|---|---|---|",
        "| `podnet_steps_total` | counter | `kind`: of the object; `op`: add\\|remove | Writes. |",
        "| `podnet_pass_seconds` | histogram |  | Passes. |",
        "",
        "## agent",
        "",
        "| metric | type | labels | meaning |",
        "|---|---|---|---|",
        "| `podnet_peers` | gauge |  | Peers. |",
        "",
      ].join("\n"),
    ),
    page,
  );
});

import { nodeNetworkConditionTypes, type Verdict } from "../crds/conditions.ts";
import { isKubeError } from "../lib/kube/errors.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { StatusNotes } from "./report.ts";

/** Counts writes of the status, and shows the warnings in it. */
export function createStatusMetrics(metrics: AgentMetrics): StatusNotes {
  const writes = metrics.counter("podnet_agent_status_writes_total");
  return {
    found: showWarnings(metrics),
    written: () => writes.add({ code: "written" }),
    failed: (error) => writes.add({ code: isKubeError(error) ? error.code : "Unavailable" }),
  };
}

/** Shows which conditions are True that stand only while they warn of something; all others are gone. */
export function showWarnings(metrics: AgentMetrics): (verdicts: readonly Pick<Verdict, "type" | "status">[]) => void {
  const condition = metrics.gauge("podnet_agent_condition");
  const types = nodeNetworkConditionTypes.filter((type) => type !== "Programmed");
  return (verdicts) => {
    const standing = new Set(verdicts.filter(({ status }) => status === "True").map(({ type }) => type));
    for (const type of types) condition.set(Number(standing.has(type)), { type });
  };
}

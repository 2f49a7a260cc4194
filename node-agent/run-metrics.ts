import type { Metrics } from "../lib/daemon/metrics.ts";
import type { AgentRun } from "./agent.ts";

/** Counts what runs do. */
export interface RunMetrics {
  note(run: AgentRun, durationMs: number): void;
}

/** Declares the agent's metrics. */
export function createRunMetrics(metrics: Metrics): RunMetrics {
  const steps = metrics.counter("agent_steps_total", "Changes made on the node, tried ones included.", ["kind", "op"]);
  const errors = metrics.counter("agent_step_errors_total", "Changes that could not be made.", ["kind", "op"]);
  const seconds = metrics.histogram(
    "agent_run_seconds",
    "Duration of a look at the whole node, with what it took to set it right.",
    {
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    },
  );
  const programmed = metrics.gauge("agent_programmed", "1 while the node is as its NodeNetwork says.");
  const known = metrics.gauge("agent_peers_known", "NodeSubnets of other nodes.");
  const routed = metrics.gauge("agent_peers_routed", "NodeSubnets of other nodes for which there is a route to write.");

  const note = (run: AgentRun, durationMs: number): void => {
    seconds.observe(durationMs / 1000);
    for (const outcome of run.kinds) {
      for (const { kind, op } of outcome.steps) steps.add({ kind, op });
      for (const { kind, op } of outcome.errors) errors.add({ kind, op });
    }
    programmed.set(run.outcome !== undefined && run.outcome.faults.length === 0 ? 1 : 0);
    const peers = run.outcome?.programmed?.plan.peers ?? [];
    known.set(peers.length);
    routed.set(peers.filter(({ path }) => !("code" in path)).length);
  };

  return { note };
}

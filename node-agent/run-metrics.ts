import type { AgentRun } from "./agent.ts";
import type { AgentMetrics } from "./metrics.ts";
import { countedPeers } from "./plan/faults.ts";
import type { OwnFacts } from "./plan/node-status.ts";
import { showWarnings } from "./status-metrics.ts";

/** Counts what runs do. */
export interface RunMetrics {
  /** `subnets`: how many the NodeNetwork gives this node. */
  note(run: AgentRun, subnets: number, durationMs: number): void;
  /** One broke off. */
  failed(): void;
}

/** The metrics of runs. */
export function createRunMetrics(metrics: AgentMetrics): RunMetrics {
  const steps = metrics.counter("podnet_agent_steps_total");
  const errors = metrics.counter("podnet_agent_step_errors_total");
  const failures = metrics.counter("podnet_agent_run_failures_total");
  const seconds = metrics.histogram("podnet_agent_run_seconds");
  const programmed = metrics.gauge("podnet_agent_programmed");
  const given = metrics.gauge("podnet_agent_subnets");
  const addresses = metrics.gauge("podnet_agent_addresses");
  const journal = metrics.gauge("podnet_agent_journal_failing");
  const known = metrics.gauge("podnet_agent_peers_known");
  const routed = metrics.gauge("podnet_agent_peers_routed");
  const warn = showWarnings(metrics);

  const note: RunMetrics["note"] = (run, subnets, durationMs) => {
    seconds.observe(durationMs / 1000);
    for (const outcome of run.kinds) {
      for (const { kind, op } of outcome.steps) steps.add({ kind, op });
      for (const { kind, op } of outcome.errors) errors.add({ kind, op });
    }
    programmed.set(run.outcome !== undefined && run.outcome.faults.length === 0 ? 1 : 0);
    given.set(subnets);
    for (const { family, leased, free } of run.outcome === undefined ? [] : use(run.outcome.facts)) {
      addresses.set(leased, { family, state: "leased" });
      addresses.set(free, { family, state: "free" });
    }
    // Nobody is told of warnings then.
    if (run.outcome === undefined) warn([]);
    journal.set(Number(run.unreadable.some(({ code }) => code === "JournalNotWritten")));
    const done = run.outcome?.programmed;
    const peers = countedPeers(done?.plan.peers ?? [], done?.outcomes ?? []);
    known.set(peers.known);
    routed.set(peers.routed);
  };

  return { note, failed: () => failures.add() };
}

/** How addresses of pods are used, where that is known. A subnet that gives none to new pods has none that is free. */
function use({ subnets, open }: OwnFacts) {
  if (subnets === undefined) return [];
  return (["IPv4", "IPv6"] as const).map((family) => {
    const own = subnets.filter(({ cidr }) => cidr.includes(":") === (family === "IPv6"));
    const giving = own.filter(({ cidr }) => open.includes(cidr));
    const leased = own.reduce((sum, { leases }) => sum + leases, 0);
    return { family, leased, free: giving.reduce((sum, { free }) => sum + free, 0) };
  });
}

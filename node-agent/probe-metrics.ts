import { askedSizes } from "./ask.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { Size } from "./plan/probe-message.ts";
import type { Way } from "./plan/probing.ts";

/** Counts what probes come to. */
export interface ProbeMetrics {
  asked(way: Way, unanswered: readonly Size[]): void;
  bad(peers: number): void;
}

/** The metrics of probes. */
export function createProbeMetrics(metrics: AgentMetrics): ProbeMetrics {
  const sent = metrics.counter("podnet_agent_probes_sent_total");
  const lost = metrics.counter("podnet_agent_probes_lost_total");
  const bad = metrics.gauge("podnet_agent_peers_bad");
  return {
    asked({ family }, unanswered) {
      for (const size of askedSizes) sent.add({ family: `IPv${family}`, size });
      for (const size of unanswered) lost.add({ family: `IPv${family}`, size });
    },
    bad: (peers) => bad.set(peers),
  };
}

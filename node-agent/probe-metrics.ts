import type { Metrics } from "../lib/daemon/metrics.ts";
import { askedSizes } from "./ask.ts";
import type { Size } from "./plan/probe-message.ts";
import type { Way } from "./plan/probing.ts";

/** Counts what probes come to. */
export interface ProbeMetrics {
  asked(way: Way, unanswered: readonly Size[]): void;
  bad(peers: number): void;
}

/** Declares the metrics of probes. */
export function createProbeMetrics(metrics: Metrics): ProbeMetrics {
  const labels = ["family", "size"];
  const sent = metrics.counter("agent_probes_sent_total", "Questions sent to other nodes' gateway addresses.", labels);
  const lost = metrics.counter("agent_probes_lost_total", "Those of them that were not answered within a second.", labels);
  const bad = metrics.gauge("agent_peers_bad", "Other nodes that are not reached, or not in every family and size.");
  return {
    asked({ family }, unanswered) {
      for (const size of askedSizes) sent.add({ family: `IPv${family}`, size });
      for (const size of unanswered) lost.add({ family: `IPv${family}`, size });
    },
    bad: (peers) => bad.set(peers),
  };
}

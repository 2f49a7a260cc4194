import type { Log } from "../lib/daemon/log.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { LeakLook } from "./leak-collector.ts";

/** Tells people and counters of looks for leaked addresses. */
export interface LeakNotes {
  note(look: LeakLook): void;
}

/** Notes of looks that has heard of none; what is as every day is only counted. */
export function createLeakNotes({ log, metrics }: { readonly log: Log; readonly metrics: AgentMetrics }): LeakNotes {
  const total = metrics.counter("podnet_agent_leases_collected_total");
  const suspects = metrics.gauge("podnet_agent_leases_suspected");
  let [known, inARow]: [string | undefined, number] = [undefined, 0];
  return {
    note({ collected, suspected, problem }) {
      total.add({}, collected.length);
      suspects.set(suspected);
      for (const address of collected) log.info("lease collected", { key: address, because: "its pod is gone" });
      inARow = problem === known ? inARow + 1 : 1;
      known = problem;
      // A machine that has just started has no folder of namespaces before its first pod.
      if (problem !== undefined && inARow === 2) log.warn("leases not judged", { because: problem });
    },
  };
}

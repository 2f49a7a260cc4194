import type { Log } from "../lib/daemon/log.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import type { AgentMetrics } from "./metrics.ts";

/** Tells people and counters of trouble with the API server. */
export interface ProblemLog {
  note(kind: string, problem: InformerProblem): void;
  /** Something of this kind was heard again: the next problem is a new one. */
  heard(kind: string): void;
}

/** A log that warns of a problem when it is another one than the last of its kind; the same again, as while a server is away, is for the curious. */
export function createProblemLog(log: Log, metrics: AgentMetrics): ProblemLog {
  const failures = metrics.counter("podnet_agent_watch_failures_total");
  /** Kind → what was wrong last. */
  const last = new Map<string, string>();
  const note = (kind: string, { doing, error, retryMs }: InformerProblem): void => {
    failures.add({ kind, doing });
    const what = `${doing}: ${error instanceof Error ? error.message : String(error)}`;
    const level = last.get(kind) === what ? "debug" : "warn";
    last.set(kind, what);
    log[level]("the API server does not answer as it should, trying again", { kind, op: doing, err: error, detail: { retryMs } });
  };
  return { note, heard: (kind) => void last.delete(kind) };
}

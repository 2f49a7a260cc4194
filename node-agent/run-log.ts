import type { Log, LogFields } from "../lib/daemon/log.ts";
import type { AgentRun } from "./agent.ts";

/** Tells people of runs: what was changed, and what is wrong once each time that it becomes so. */
export interface RunLog {
  note(run: AgentRun, because: readonly string[], durationMs: number): void;
}

/** A log of runs that has seen none. A run that had nothing to do is told at level debug only. */
export function createRunLog(log: Log): RunLog {
  let known: ReadonlySet<string> = new Set();
  let wasProgrammed: boolean | undefined;

  const note = (run: AgentRun, because: readonly string[], durationMs: number): void => {
    const { kinds, outcome, unreadable } = run;
    for (const { steps } of kinds)
      for (const { op, kind, key, because } of steps) log.debug("step taken", { op, kind, key, because });
    const done = count(run, "steps") - count(run, "errors");
    const level = done > 0 ? "info" : "debug";
    log[level]("node converged", {
      durationMs: Math.round(durationMs),
      because: because.join(", ") || "resync",
      detail: { steps: done },
    });

    const problems = new Map<string, LogFields>([
      ...unreadable.map(({ message, code }) => [message, { code }] as const),
      ...kinds.flatMap(({ kind, unseen }) => (unseen === undefined ? [] : [[unseen, { kind }] as const])),
      ...kinds.flatMap(({ kind, errors }) => errors.map(({ message, key }) => [message, { kind, key }] as const)),
      ...(outcome?.faults ?? []).map(({ message, reason }) => [message, { code: reason }] as const),
    ]);
    for (const [message, fields] of problems)
      if (!known.has(message)) log.warn("node not as wanted", { ...fields, because: message });
    known = new Set(problems.keys());

    if (outcome === undefined) return;
    const isProgrammed = outcome.faults.length === 0;
    if (isProgrammed && wasProgrammed !== true) log.info("node programmed", { generation: outcome.configGeneration });
    wasProgrammed = isProgrammed;
  };

  return { note };
}

function count({ kinds }: AgentRun, what: "steps" | "errors"): number {
  return kinds.reduce((sum, outcome) => sum + outcome[what].length, 0);
}

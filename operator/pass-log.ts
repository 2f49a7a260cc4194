import type { Log } from "../lib/daemon/log.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";
import type { PassResult } from "./pass.ts";
import { isLostRace, type WriteFailure } from "./write-report.ts";

/** Tells people and Prometheus what passes do. */
export interface PassLog {
  note(result: PassResult, because: readonly string[], durationMs: number): void;
}

/** What is worth a line at level info: who has which subnet, and what nodes are told. Status is news to those who watch it only. */
const stateKinds = new Set(["NodeSubnet", "NodeNetwork", "PodNetwork"]);

/** Keys named in one line. */
const maxKeys = 20;

/** A pass that changed who has what is one line; a failure is one line when it begins, and another when its reason changes. */
export function createPassLog(log: Log, metrics: Metrics): PassLog {
  const steps = metrics.counter("operator_steps_total", "Writes to the API server that were done.", ["kind", "op"]);
  const failed = metrics.counter("operator_step_failures_total", "Writes to the API server that were not done.", [
    "kind",
    "code",
  ]);
  const seconds = metrics.histogram("operator_pass_seconds", "Duration of a pass over everything.", {
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
  });
  /** What fails at present: write → reason. */
  let failing = new Map<string, string>();
  return {
    note({ report }, because, durationMs) {
      seconds.observe(durationMs / 1000);
      for (const { kind, op } of report.written) steps.add({ kind, op });
      for (const { kind, code } of report.failures) failed.add({ kind, code });
      for (const step of report.written)
        log.debug("written", { kind: step.kind, key: step.key, op: step.op, because: step.because });
      const changed = report.written.filter(({ kind }) => stateKinds.has(kind));
      if (changed.length > 0) {
        const keys = changed.slice(0, maxKeys).map(({ kind, op, key }) => `${op} ${kind} ${key}`);
        log.info("subnets and nodes written", {
          because: because.join(", "),
          durationMs,
          detail: { count: changed.length, keys },
        });
      }
      const before = failing;
      failing = new Map(report.failures.map((failure) => [nameOf(failure), failure.code]));
      for (const failure of report.failures) {
        const level = isLostRace(failure) || before.get(nameOf(failure)) === failure.code ? "debug" : "warn";
        const { kind, key, op, code, message } = failure;
        log[level]("a write failed, trying again", { kind, key, op, code, because: message });
      }
    },
  };
}

function nameOf({ op, kind, key }: WriteFailure): string {
  return `${op} ${kind} ${key}`;
}

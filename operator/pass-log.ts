import type { Log } from "../lib/daemon/log.ts";
import type { LoopFailure } from "../lib/reconcile/loop.ts";
import type { OperatorMetrics } from "./metrics.ts";
import { createNetworkMetrics } from "./network-metrics.ts";
import type { PassResult } from "./pass.ts";
import { isLostRace, type WriteFailure } from "./write-report.ts";

export interface PassLogOptions {
  readonly log: Log;
  readonly metrics: OperatorMetrics;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly leads: () => boolean;
}

/** Tells people and Prometheus what passes do. */
export interface PassLog {
  note(result: PassResult, because: readonly string[], durationMs: number): void;
  /** One broke off. */
  failed(failure: LoopFailure): void;
}

/** What is worth a line at level info: who has which subnet, and what nodes are told. Status is news to those who watch it only. */
const stateKinds = new Set(["NodeSubnet", "NodeNetwork", "PodNetwork"]);

/** Keys named in one line. */
const maxKeys = 20;

/** A pass that changed who has what is one line; a failure is one line when it begins, and another when its reason changes. */
export function createPassLog({ log, metrics, wallClock, leads }: PassLogOptions): PassLog {
  const steps = metrics.counter("podnet_operator_steps_total");
  const failed = metrics.counter("podnet_operator_step_failures_total");
  const seconds = metrics.histogram("podnet_operator_pass_seconds");
  const ended = metrics.gauge("podnet_operator_last_pass_timestamp_seconds");
  const broken = metrics.counter("podnet_operator_pass_failures_total");
  const networks = createNetworkMetrics(metrics, leads);
  /** What fails at present: write → reason. */
  let failing = new Map<string, string>();
  return {
    note({ report, found }, because, durationMs) {
      seconds.observe(durationMs / 1000);
      ended.set(wallClock() / 1000);
      networks.note(found);
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
    failed({ error, attempt, retryMs }) {
      broken.add();
      log[attempt === 1 ? "warn" : "debug"]("a pass failed, trying again", { err: error, detail: { attempt, retryMs } });
    },
  };
}

function nameOf({ op, kind, key }: WriteFailure): string {
  return `${op} ${kind} ${key}`;
}

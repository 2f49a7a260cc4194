import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { afterwards } from "../lib/daemon/afterwards.ts";
import { type Checks, startHealth } from "../lib/daemon/health.ts";
import type { Log } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { productVersion } from "../lib/daemon/version.ts";
import { accessFrom } from "../lib/kube/access-settings.ts";
import { connect } from "../lib/kube/client.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import { systemClock } from "../lib/reconcile/clock.ts";
import { type Loop, startLoop } from "../lib/reconcile/loop.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { createEvents } from "./events.ts";
import { createLeadership, type Leadership } from "./leadership.ts";
import { type OperatorMetrics, operatorMetrics } from "./metrics.ts";
import { createPass } from "./pass.ts";
import { createPassLog } from "./pass-log.ts";
import type { OperatorSettings } from "./settings.ts";

export { operatorSettings } from "./settings.ts";

/** Between the starts of two passes: what comes in a burst is worked on together. */
const minIntervalMs = 200;

/**
 * Turns PodNetworks into subnets, tells nodes what to do and people how far it is, until the signal fires. Nothing is written before everything is known in
 * full. Of several operators one leads and works; the others know everything, too, and wait. Two at work at once do each other's work twice, and no harm.
 */
export async function runOperator(settings: OperatorSettings, log: Log, signal: AbortSignal): Promise<void> {
  const client = await connect({ access: accessFrom(settings), userAgent: `podnet-operator/${productVersion}` });
  const metrics = createMetrics({ component: "operator", table: operatorMetrics });
  const shared = { clock: systemClock, wallClock: Date.now, random: Math.random };
  const self = { client, identity: `${hostname()}_${randomUUID()}`, log };
  let trigger: (because: string) => void = () => {};
  const cluster = createCluster({
    ...shared,
    client,
    onChange: (because) => trigger(because),
    onProblem: (kind, problem) => noteProblem(log, metrics, kind, problem),
  });
  const isKnown = () => Object.values(cluster.synced()).every(Boolean);
  const events = createEvents({ ...shared, ...self, metrics });
  const leadership = createLeadership({
    ...shared,
    ...self,
    settings,
    isFit: isKnown,
    onLead(lease, because) {
      events.leads(lease, because);
      trigger("this operator leads");
    },
  });
  const pass = createPass({ ...shared, cluster, newIncarnation: randomUUID, timing: settings });
  const passLog = createPassLog({ log, metrics, wallClock: shared.wallClock, leads: () => leadership.leads() });
  const loop = startLoop({
    ...shared,
    signal,
    minIntervalMs,
    resyncMs: settings.resyncSeconds * 1000,
    run: async (because) => {
      if (!isKnown()) return { againAfterMs: minIntervalMs };
      if (!leadership.leads()) return undefined;
      const began = systemClock.now();
      const result = await pass();
      passLog.note(result, because, systemClock.now() - began);
      events.note(result);
      return result.next;
    },
    onFailure: (failure) => passLog.failed(failure),
  });
  trigger = (because) => loop.trigger(because);
  showGauges(metrics, cluster, leadership);
  const health = await startHealth({ listen: settings.health, ready: readyChecks(cluster, loop), metrics, signal });
  // What the last pass needs ends after it, and nobody else leads before.
  const idle = afterwards(loop.stopped, "no pass is going on any more");
  await Promise.all([cluster.run(idle), loop.stopped, health.stopped, leadership.run(idle), events.run(idle)]);
  await client.close();
}

function showGauges(metrics: OperatorMetrics, cluster: Cluster, leadership: Leadership): void {
  metrics.gaugeOf("podnet_operator_stale_seconds", () => cluster.staleSeconds());
  metrics.gaugeOf("podnet_operator_leader", () => Number(leadership.leads()));
}

function readyChecks(cluster: Cluster, loop: Loop): Checks {
  const isKnown = (kind: string) => () =>
    cluster.synced()[kind] === true
      ? { ok: true as const }
      : { ok: false as const, reason: "the API server has not listed them yet" };
  return {
    ...Object.fromEntries(Object.keys(cluster.synced()).map((kind) => [`${kind} known`, isKnown(kind)])),
    "last pass": () => {
      const last = loop.lastRun();
      if (last?.ok === true) return { ok: true };
      return { ok: false, reason: last?.error instanceof Error ? last.error.message : "none has ended yet" };
    },
  };
}

function noteProblem(log: Log, metrics: OperatorMetrics, kind: string, { doing, error, retryMs }: InformerProblem): void {
  metrics.counter("podnet_operator_watch_failures_total").add({ kind, doing });
  log.warn("the local copy could not be brought up to date, trying again", { kind, err: error, detail: { doing, retryMs } });
}

import { afterwards } from "../lib/daemon/afterwards.ts";
import { type Checks, startHealth } from "../lib/daemon/health.ts";
import type { Log } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { productVersion } from "../lib/daemon/version.ts";
import { accessFrom } from "../lib/kube/access-settings.ts";
import { connect } from "../lib/kube/client.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import { systemClock } from "../lib/reconcile/clock.ts";
import { createEvidenceReader } from "./evidence.ts";
import { keepCertificates } from "./keep-certificates.ts";
import { type WebhookMetrics, webhookMetrics } from "./metrics.ts";
import type { Endpoint } from "./plan/registration.ts";
import { type Lives, usualLives } from "./plan/renewal.ts";
import { createReviewMetrics } from "./review-metrics.ts";
import { reviewer } from "./review.ts";
import { startServer } from "./server.ts";
import type { WebhookSettings } from "./settings.ts";

export { webhookSettings } from "./settings.ts";

/** Serves admission reviews and keeps itself registered, with a certificate that the API server accepts, until the signal fires and all reviews are answered. */
export async function runWebhook(
  settings: WebhookSettings,
  log: Log,
  signal: AbortSignal,
  lives: Lives = usualLives,
): Promise<void> {
  const client = await connect({ access: accessFrom(settings), userAgent: `podnet-webhook/${productVersion}` });
  const metrics = createMetrics({ component: "webhook", table: webhookMetrics });
  const onProblem = (kind: string, problem: InformerProblem) => noteProblem(log, metrics, kind, problem);
  const shared = { client, clock: systemClock, random: Math.random, log, onProblem };
  const reviews = createReviewMetrics(metrics);
  const evidence = createEvidenceReader({ ...shared, onUnread: reviews.noteUnread });
  const server = await startServer({
    listen: settings.listen,
    review: reviewer({ evidence, heartbeatSeconds: settings.heartbeatSeconds }),
    onAnswer: reviews.noteAnswer,
    onFailure: (err) => {
      reviews.noteFailure();
      log.error("a review failed", { err });
    },
    signal,
  });
  const idle = afterwards(server.stopped, "no review is going on any more");
  const place = { namespace: settings.namespace, name: settings.secret };
  const failures = metrics.counter("podnet_webhook_certificate_failures_total");
  const serving = { endpoint: endpointOf(settings), place, lives, serve: server.useChain, onFailure: () => failures.add() };
  const certificates = keepCertificates({ ...shared, ...serving }, idle);
  metrics.gaugeOf("podnet_webhook_index_stale_seconds", () => evidence.staleSeconds());
  metrics.gaugeOf("podnet_webhook_certificate_accepted", () => Number(certificates.accepted().ok));
  metrics.gaugeOf(
    "podnet_webhook_certificate_not_after_timestamp_seconds",
    () => (certificates.notAfter()?.getTime() ?? 0) / 1000,
  );
  const ready: Checks = {
    "not stopping": () => (signal.aborted ? { ok: false, reason: "this replica was told to end" } : { ok: true }),
    "certificate accepted by the API server": certificates.accepted,
    ...evidence.checks,
  };
  const health = await startHealth({ listen: settings.health, ready, metrics, signal: idle });
  await Promise.all([evidence.run(idle), certificates.stopped, server.stopped, health.stopped]);
  await client.close();
}

function noteProblem(log: Log, metrics: WebhookMetrics, kind: string, { doing, error, retryMs }: InformerProblem): void {
  metrics.counter("podnet_webhook_watch_failures_total").add({ kind, doing });
  log.warn("the local copy could not be brought up to date, trying again", { kind, err: error, detail: { doing, retryMs } });
}

function endpointOf(settings: WebhookSettings): Endpoint {
  if (settings.host !== undefined) return { by: "url", host: settings.host, port: settings.listen.port };
  return { by: "service", namespace: settings.namespace, name: settings.service };
}

import type { MetricTable } from "../lib/daemon/metric-table.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";

/** The metrics of a webhook. Their labels are codes of ours, never anything that a request says. */
export const webhookMetrics = {
  podnet_webhook_decisions_total: {
    type: "counter",
    help: "Admission reviews answered.",
    labels: { code: "allowed, or each code of a refusal once" },
  },
  podnet_webhook_review_seconds: {
    type: "histogram",
    help: "Time from a review's arrival to its answer.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3],
  },
  podnet_webhook_review_failures_total: {
    type: "counter",
    help: "Admission reviews that failed, also after they were answered as not judged in time.",
  },
  podnet_webhook_unread_total: {
    type: "counter",
    help: "Lists that a review needed and could not read.",
    labels: { resource: "what was to be listed, e.g. nodesubnets" },
  },
  podnet_webhook_index_stale_seconds: { type: "gauge", help: "Seconds since the API server was last heard." },
  podnet_webhook_watch_failures_total: {
    type: "counter",
    help: "Lists and watches of the API server that failed and were begun anew.",
    labels: { kind: "of the objects, e.g. PodNetwork", doing: "list, watch or onChange" },
  },
  podnet_webhook_certificate_accepted: {
    type: "gauge",
    help: "1 while a certificate is served that the API server accepts, as it is registered now.",
  },
  podnet_webhook_certificate_not_after_timestamp_seconds: {
    type: "gauge",
    help: "When the served certificate ends, in seconds since 1970; 0 while none is served.",
  },
  podnet_webhook_certificate_failures_total: {
    type: "counter",
    help: "Tries to bring the certificate or the registration up to date that failed.",
  },
} as const satisfies MetricTable;

export type WebhookMetrics = Metrics<typeof webhookMetrics>;

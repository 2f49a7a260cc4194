import type { WebhookMetrics } from "./metrics.ts";
import type { AdmissionResponse } from "./plan/admission-review.ts";

/** Counts and times reviews. */
export function createReviewMetrics(metrics: WebhookMetrics) {
  const decisions = metrics.counter("podnet_webhook_decisions_total");
  const seconds = metrics.histogram("podnet_webhook_review_seconds");
  const unread = metrics.counter("podnet_webhook_unread_total");
  const failures = metrics.counter("podnet_webhook_review_failures_total");
  return {
    noteAnswer: ({ allowed, status }: AdmissionResponse, tookSeconds: number) => {
      const codes = allowed ? ["allowed"] : status?.details.causes.map(({ reason }) => reason);
      for (const code of new Set(codes)) decisions.add({ code });
      seconds.observe(tookSeconds);
    },
    noteUnread: (resource: string) => unread.add({ resource }),
    noteFailure: () => failures.add(),
  };
}

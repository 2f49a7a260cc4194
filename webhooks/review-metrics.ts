import type { Metrics } from "../lib/daemon/metrics.ts";
import type { AdmissionResponse } from "./plan/admission-review.ts";

/** Counts and times reviews. Its labels are codes of ours, never anything that a request says. */
export function createReviewMetrics(metrics: Metrics) {
  const decisions = metrics.counter(
    "webhook_decisions_total",
    "Admission reviews answered, by decision: allowed, or each code of a refusal once.",
    ["code"],
  );
  const seconds = metrics.histogram("webhook_review_seconds", "Time from a review's arrival to its answer.", {
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3],
  });
  const unread = metrics.counter("webhook_unread_total", "Lists that a review could not read, by resource.", ["resource"]);
  return {
    noteAnswer: ({ allowed, status }: AdmissionResponse, tookSeconds: number) => {
      const codes = allowed ? ["allowed"] : status?.details.causes.map(({ reason }) => reason);
      for (const code of new Set(codes)) decisions.add({ code });
      seconds.observe(tookSeconds);
    },
    noteUnread: (resource: string) => unread.add({ resource }),
  };
}

import { podNetworkResource } from "../crds/names.ts";
import type { PodNetwork } from "../crds/types.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Resource } from "../lib/kube/resource.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";
import { reviewPodNetwork } from "./plan/review.ts";
import type { Review } from "./server.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;

/** Below the API server's own deadline for us, so that it hears a reason and not silence. */
const readTimeoutMs = 3_000;

/** Judges each request against what exists at that moment, read anew from the API server. */
export function reviewer({ client, metrics }: { readonly client: KubeClient; readonly metrics: Metrics }): Review {
  const decisions = metrics.counter("webhook_decisions_total", "Admission reviews answered, by decision.", ["decision"]);
  const seconds = metrics.histogram("webhook_review_seconds", "Time from a review's arrival to its answer.", {
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3],
  });
  return async (request) => {
    const began = performance.now();
    const existing = await client.listAll(podNetworks, { timeoutMs: readTimeoutMs });
    const answer = reviewPodNetwork(request, existing.items);
    decisions.add({ decision: answer.allowed ? "allowed" : "refused" });
    seconds.observe((performance.now() - began) / 1000);
    return answer;
  };
}

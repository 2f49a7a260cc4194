import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../crds/types.ts";
import { nodes } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { KubeObject, Resource } from "../lib/kube/resource.ts";
import { listServiceRanges, type ServiceRange } from "../lib/kube/service-ranges.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";
import { type EvidenceName, notAsked, type Reading } from "./plan/evidence.ts";
import { evidenceFor, questionOf } from "./plan/question.ts";
import { reviewPodNetwork } from "./plan/review.ts";
import type { Review } from "./server.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;
const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

/**
 * For all that a review reads, together; below the API server's own deadline for us, so that it hears a reason and not silence. What 5,000 nodes report takes
 * one to three seconds on a busy machine.
 */
const readTimeoutMs = 6_000;

/** Few round trips for thousands of small objects. */
const pageSize = 2_500;

/** Judges each request against what exists at that moment, read anew from the API server, as far as the request turns on it. */
export function reviewer({ client, metrics }: { readonly client: KubeClient; readonly metrics: Metrics }): Review {
  const decisions = metrics.counter("webhook_decisions_total", "Admission reviews answered, by decision.", ["decision"]);
  const seconds = metrics.histogram("webhook_review_seconds", "Time from a review's arrival to its answer.", {
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3],
  });
  const unread = metrics.counter("webhook_unread_total", "Lists that a review could not read, by resource.", ["resource"]);
  return async (request) => {
    const began = performance.now();
    const wanted = evidenceFor(questionOf(request));
    const signal = AbortSignal.timeout(readTimeoutMs);
    const reading = async <T extends KubeObject>(name: EvidenceName, resource: Resource<T>): Promise<Reading<T>> =>
      wanted.has(name) ? read(client, resource, signal, () => unread.add({ resource: resource.plural })) : notAsked;
    const [networks, claims, records, ledgers, machines, services] = await Promise.all([
      reading("networks", podNetworks),
      reading("claims", nodeSubnets),
      reading("records", nodeNetworks),
      reading("ledgers", rangeLedgers),
      reading("nodes", nodes),
      wanted.has("services") ? readServices(client, signal, () => unread.add({ resource: "servicecidrs" })) : notAsked,
    ]);
    const answer = reviewPodNetwork(request, { networks, claims, records, ledgers, nodes: machines, services }, Date.now());
    decisions.add({ decision: answer.allowed ? "allowed" : "refused" });
    seconds.observe((performance.now() - began) / 1000);
    return answer;
  };
}

async function readServices(client: KubeClient, signal: AbortSignal, onFailure: () => void): Promise<Reading<ServiceRange>> {
  try {
    return { items: await listServiceRanges(client, { signal, timeoutMs: readTimeoutMs }) };
  } catch (error) {
    onFailure();
    return { problem: `servicecidrs: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** A review goes on without what cannot be read, and says so. */
async function read<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  signal: AbortSignal,
  onFailure: () => void,
): Promise<Reading<T>> {
  try {
    return await client.listAll(resource, { signal, timeoutMs: readTimeoutMs, pageSize });
  } catch (error) {
    onFailure();
    return { problem: `${resource.plural}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

import { labels, nodeNetworkResource, nodeSubnetResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient, SelectOptions } from "../../lib/kube/client.ts";
import type { KubeObject, Resource, Stored } from "../../lib/kube/resource.ts";
import { nodeName, nodeSample } from "../sample.ts";

const claims: Resource<NodeSubnet> = nodeSubnetResource;
const records: Resource<NodeNetwork> = nodeNetworkResource;

export interface AddNodeOutput {
  /** Since the Node was created, to the event that says so. */
  readonly claimActiveMs: number;
  readonly nodeNetworkMs: number;
}

/** Creates one Node and watches what comes of it. */
export async function addNode(client: KubeClient, { number }: { readonly number: number }): Promise<AddNodeOutput> {
  const stop = new AbortController();
  const name = nodeName(number);
  const claim = await seen(client, claims, { labelSelector: `${labels.node}=${name}` }, stop.signal);
  const record = await seen(client, records, { fieldSelector: `metadata.name=${name}` }, stop.signal);
  const began = performance.now();
  await client.create(nodes, nodeSample(number));
  const [active, told] = await Promise.all([claim((one) => one.spec.state === "Active"), record(() => true)]);
  stop.abort();
  return { claimActiveMs: active - began, nodeNetworkMs: told - began };
}

/** Watches from now on; gives a function that resolves with the time at which a fitting object was seen. */
async function seen<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  select: SelectOptions,
  signal: AbortSignal,
): Promise<(fits: (object: Stored<T>) => boolean) => Promise<number>> {
  const { resourceVersion } = await client.list(resource, { ...select, limit: 1 });
  const events = client.watch(resource, { ...select, resourceVersion, timeoutSeconds: 60, idleMs: 60_000 }, signal);
  return async (fits) => {
    for await (const event of events) if (event.type !== "BOOKMARK" && fits(event.object)) return performance.now();
    throw new Error(`nothing came of the new Node: no ${resource.kind} within 60 s`);
  };
}

import assert from "node:assert/strict";
import { nodeNetworkResource, nodeSubnetResource, podNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { KubeClient, WatchEvent, WatchOptions } from "../../lib/kube/client.ts";
import { isKubeError, type KubeErrorCode } from "../../lib/kube/errors.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";

/** A server to try, which serves the kinds of this source tree and Nodes. */
export interface ApiGround {
  readonly client: KubeClient;
  /** Makes the server forget all versions before now. */
  forgetThePast(): Promise<void>;
}

/** One promise of the server: a sentence, and how it is tried on a server that may hold other objects. */
export interface ApiPromise {
  readonly promise: string;
  readonly hold: (ground: ApiGround) => Promise<void>;
}

export const podNetworks: Resource<PodNetwork> = podNetworkResource;
export const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
export const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

/** Fails unless it is refused with this code. */
export async function refused(work: Promise<unknown>, code: KubeErrorCode): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isKubeError(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  });
}

/** Removes objects of these names, whatever keeps them. */
export async function clear(client: KubeClient, resource: Resource<KubeObject>, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if ((await client.delete(resource, name)) === "finalizing")
      await client.patch(resource, name, { metadata: { finalizers: null } }, { type: "merge" });
  }
}

/** The first events of a watch, as `"ADDED name"` or `"BOOKMARK"`, up to `count` or until the server ends it. */
export async function watched<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: Partial<WatchOptions> & { readonly resourceVersion: string },
  count: number,
): Promise<WatchEvent<T>[]> {
  const stop = new AbortController();
  const seen: WatchEvent<T>[] = [];
  for await (const event of client.watch(resource, { timeoutSeconds: 30, idleMs: 60_000, ...options }, stop.signal)) {
    seen.push(event);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

/** e.g. `"ADDED 10.77.1.0-24"` */
export function eventText(event: WatchEvent<KubeObject>): string {
  return event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.metadata.name}`;
}

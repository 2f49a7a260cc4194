import { setTimeout as delay } from "node:timers/promises";
import { nodeNetworkResource, podNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeNetworkStatus, PodNetwork } from "../../crds/types.ts";
import { agentRole, type RoleClients } from "../../lab/connect-as.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { reportSample } from "../sample.ts";

const records: Resource<NodeNetwork> = nodeNetworkResource;
const networks: Resource<PodNetwork> = podNetworkResource;

/** Reports what the agents of all nodes would, and waits until the network is Ready and nothing moves any more. */
export async function reportAll(
  client: KubeClient,
  { parallel }: { readonly parallel: number },
  roles: RoleClients,
): Promise<{ readonly seconds: number }> {
  const began = performance.now();
  const { items } = await client.listAll(records);
  await inParallel(items, parallel, (record) => report(roles, record.metadata.name, reportSample(record, new Date())));
  await waitUntil("the network to be Ready on all nodes", 300_000, async () => {
    const status = (await client.get(networks, "bench"))?.status;
    const isReady = status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return (isReady === true && status?.summary?.nodes === `${items.length}/${items.length}`) || undefined;
  });
  return { seconds: (performance.now() - began) / 1000 };
}

/** Writes a status as the agent of this node. */
async function report(roles: RoleClients, node: string, status: NodeNetworkStatus): Promise<void> {
  await roles.as(agentRole(node)).patch(records, node, { status }, { type: "merge", subresource: "status" });
}

export interface HeartbeatsInput {
  readonly seconds: number;
}

export interface HeartbeatsOutput {
  readonly heartbeats: number;
  readonly perSecond: number;
  /** Of the PodNetwork's status as JSON. */
  readonly statusBytes: number;
  /** Of the whole object, with its managedFields. */
  readonly objectBytes: number;
}

/** Sends the heartbeats of all agents for a while, at the pace that so many nodes have. */
export async function heartbeats(
  client: KubeClient,
  { seconds }: HeartbeatsInput,
  roles: RoleClients,
): Promise<HeartbeatsOutput> {
  const names = (await client.listAll(records)).items.map(({ metadata }) => metadata.name);
  const perSecond = names.length / Math.max(60, names.length / 20);
  const total = Math.round(perSecond * seconds);
  const began = performance.now();
  const running: Promise<unknown>[] = [];
  for (let sent = 0; sent < total; sent++) {
    await delay(Math.max(0, began + (sent * 1000) / perSecond - performance.now()));
    running.push(report(roles, names[sent % names.length] ?? "", { observedAt: new Date().toISOString() }));
  }
  await Promise.all(running);
  await delay(Math.max(0, began + seconds * 1000 - performance.now()));
  const network = await client.get(networks, "bench");
  return {
    heartbeats: total,
    perSecond,
    statusBytes: JSON.stringify(network?.status ?? {}).length,
    objectBytes: JSON.stringify(network ?? {}).length,
  };
}

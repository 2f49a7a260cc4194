import { podNetworkResource } from "../../crds/names.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { networkSample } from "../sample.ts";

const networks: Resource<PodNetwork> = podNetworkResource;

/** Creates the network for so many nodes and waits until its range is accepted. */
export async function createNetwork(
  client: KubeClient,
  { count }: { readonly count: number },
): Promise<{ readonly name: string }> {
  const { name } = (await client.create(networks, networkSample(count))).metadata;
  await waitUntil("the network to be accepted", 30_000, async () => {
    const found = await client.get(networks, name);
    return found?.status?.conditions?.some(({ type, status }) => type === "Accepted" && status === "True") || undefined;
  });
  return { name };
}

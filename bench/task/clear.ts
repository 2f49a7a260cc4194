import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../../crds/names.ts";
import { configMaps, nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import { type KubeObject, nameOf, type Resource } from "../../lib/kube/resource.ts";

const everything: readonly Resource<KubeObject>[] = [
  nodes,
  podNetworkResource,
  nodeSubnetResource,
  nodeNetworkResource,
  rangeLedgerResource,
];

/** Removes all that a bench has made; the operator must not run. */
export async function clear(
  client: KubeClient,
  { parallel }: { readonly parallel: number },
): Promise<{ readonly removed: number }> {
  const own = (await client.listAll(configMaps, { namespace: "default" })).items.filter(({ metadata }) =>
    metadata.name.startsWith("bench-"),
  );
  let removed = await removeAll(client, configMaps, own, parallel);
  for (const resource of everything)
    removed += await removeAll(client, resource, (await client.listAll(resource)).items, parallel);
  return { removed };
}

async function removeAll(
  client: KubeClient,
  resource: Resource<KubeObject>,
  items: readonly KubeObject[],
  parallel: number,
): Promise<number> {
  await inParallel(items, parallel, async (object) => {
    if ((object.metadata.finalizers ?? []).length > 0)
      await client.patch(resource, nameOf(object), { metadata: { finalizers: null } }, { type: "merge" });
    await client.delete(resource, nameOf(object));
  });
  return items.length;
}

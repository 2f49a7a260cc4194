import {
  annotations,
  nodeNetworkResource,
  nodeSubnetResource,
  podNetworkResource,
  rangeLedgerResource,
} from "../../crds/names.ts";
import { configMaps, nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import { type KubeObject, nameOf, type Resource } from "../../lib/kube/resource.ts";

/** What only podnet's processes write, so that a hand has to break the glass first. */
const guarded: readonly Resource<KubeObject>[] = [nodeSubnetResource, nodeNetworkResource, rangeLedgerResource];

/** Removes all that a bench has made; the operator must not run. */
export async function clear(
  client: KubeClient,
  { parallel }: { readonly parallel: number },
): Promise<{ readonly removed: number }> {
  const own = (await client.listAll(configMaps, { namespace: "default" })).items.filter(({ metadata }) =>
    metadata.name.startsWith("bench-"),
  );
  let removed = await removeAll(client, configMaps, own, parallel);
  for (const resource of [nodes, podNetworkResource, ...guarded])
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
    const isKept = (object.metadata.finalizers ?? []).length > 0;
    const metadata = {
      ...(isKept && { finalizers: null }),
      ...(guarded.includes(resource) && { annotations: { [annotations.breakGlass]: "the bench is over" } }),
    };
    if (Object.keys(metadata).length > 0) await client.patch(resource, nameOf(object), { metadata }, { type: "merge" });
    await client.delete(resource, nameOf(object));
  });
  return items.length;
}

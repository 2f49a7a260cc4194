import { annotations } from "../../crds/names.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";

/** Opens an object that only podnet's processes write to this administrator's hand, as docs/operations.md says; nothing where there is none. */
export async function breakGlass(client: KubeClient, resource: Resource<KubeObject>, name: string): Promise<void> {
  const body = { metadata: { annotations: { [annotations.breakGlass]: "a test" } } };
  try {
    await client.patch(resource, name, body, { type: "merge" });
  } catch (error) {
    if (!isKubeError(error, "NotFound")) throw error;
  }
}

/** Deletes such an object by hand. */
export async function deleteByHand(client: KubeClient, resource: Resource<KubeObject>, name: string): Promise<void> {
  await breakGlass(client, resource, name);
  await client.delete(resource, name);
}

import type { KubeClient, RequestOptions } from "./client.ts";
import { apiVersionOf, type KubeObject, nameOf, type Resource, type Stored } from "./resource.ts";

export interface ApplyOptions extends RequestOptions {
  /** e.g. `"podnet-operator"`; fields we stop naming are removed where nobody else owns them. */
  readonly fieldManager: string;
  readonly subresource?: "status";
  /** Take over fields of other managers; else code Conflict names them. */
  readonly force?: boolean;
}

/** Part of an object: what we want to own of it. With `uid` or `resourceVersion` in its metadata the write is conditional and never creates. */
export type Applied<T extends KubeObject> = Partial<Omit<T, "metadata">> & { metadata: T["metadata"] };

/**
 * Server-side apply: states exactly the fields we own; creates the object where it is missing (not with `subresource`).
 * Fields that this manager wrote otherwise than by apply stay when they are no longer named: use one way or the other for an object.
 */
export function applyObject<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  object: Applied<T>,
  options: ApplyOptions,
): Promise<Stored<T>> {
  const body = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
  return client.patch(resource, nameOf(object), body, { ...options, type: "apply" });
}

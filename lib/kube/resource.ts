/** What every Kubernetes object says of itself. Times are RFC 3339 text, as the API sends them. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** An object that another one goes with, once it has gone. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Any Kubernetes object, as the plain JSON of the API. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object as the API server returned it: it has an identity and a version. */
export type Stored<T extends KubeObject> = T & {
  metadata: { name: string; uid: string; resourceVersion: string; creationTimestamp: string };
};

/** Where a kind lives in the API, and by its type parameter what its objects look like. */
export interface Resource<T extends KubeObject> {
  /** `""` for core/v1. */
  readonly group: string;
  readonly version: string;
  /** e.g. `"podnetworks"` */
  readonly plural: string;
  /** e.g. `"PodNetwork"` */
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set; carries the type. */
  readonly example?: T;
}

/** A name, with its namespace where the kind has namespaces. */
export type ObjectName = string | { readonly namespace: string; readonly name: string };

/** e.g. `"podnet.dev/v1alpha1"`, `"v1"` */
export function apiVersionOf(resource: Resource<KubeObject>): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path of a collection, e.g. `"/apis/podnet.dev/v1alpha1/podnetworks"`; all namespaces where none is named. */
export function collectionPath(resource: Resource<KubeObject>, namespace?: string): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  return namespace === undefined
    ? `${root}/${resource.plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

/**
 * The path of one object, e.g. `"/api/v1/nodes/node-1/status"`.
 * @throws {TypeError} where the kind has namespaces and none is named, or the other way round, and for a name that would lead elsewhere.
 */
export function objectPath(resource: Resource<KubeObject>, name: ObjectName, subresource?: string): string {
  const { namespace, name: own } = splitName(name);
  if (resource.namespaced !== (namespace !== undefined)) {
    throw new TypeError(
      `${resource.kind} ${own} ${resource.namespaced ? "needs a namespace" : "has no namespace"}: fix the caller`,
    );
  }
  // An empty name would address the whole collection.
  for (const part of [own, namespace]) {
    if (part === "" || part === "." || part === "..")
      throw new TypeError(`${resource.kind} ${JSON.stringify(part)} is no name: fix the caller`);
  }
  const tail = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(own)}${tail}`;
}

/** Identity within a kind: `"node-1"`, or `"kube-system/podnet-ca"` where the kind has namespaces. */
export function keyOf(object: Pick<KubeObject, "metadata">): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** How to address an object we hold. */
export function nameOf(object: Pick<KubeObject, "metadata">): ObjectName {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : { namespace, name };
}

/** The two parts of a name. */
export function splitName(name: ObjectName): { readonly namespace: string | undefined; readonly name: string } {
  return typeof name === "string" ? { namespace: undefined, name } : name;
}

import type {
  DeleteOptions,
  Deletion,
  KubeClient,
  List,
  ListOptions,
  PatchOptions,
  PatchType,
  RequestOptions,
  WriteOptions,
} from "./client.ts";
import { isAbsent, KubeError } from "./errors.ts";
import { listAll } from "./list-all.ts";
import {
  apiVersionOf,
  collectionPath,
  type KubeObject,
  nameOf,
  type ObjectName,
  objectPath,
  type Resource,
  type Stored,
} from "./resource.ts";
import type { Call, Transport } from "./transport.ts";
import { watchEvents } from "./watch.ts";

const defaultTimeoutMs = 15_000;

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  apply: "application/apply-patch+yaml",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** The API over a transport. */
export function createClient(transport: Transport, close: () => Promise<void>): KubeClient {
  const client: KubeClient = {
    get: (resource, name, options = {}) => get(transport, resource, name, options),
    list: (resource, options = {}) => listPage(transport, resource, options),
    listAll: (resource, options = {}) => listAll(client, resource, options),
    create: (resource, object, options = {}) => write(transport, "POST", resource, object, options),
    replace: (resource, object, options = {}) => write(transport, "PUT", resource, object, options),
    patch: (resource, name, body, options) => patch(transport, resource, name, body, options),
    delete: (resource, name, options = {}) => remove(transport, resource, name, options),
    watch: (resource, options, signal) => watchEvents(transport, resource, options, signal),
    async serverVersion(options = {}) {
      const answer = await sent<{ gitVersion: string }>(transport, options, {
        method: "GET",
        path: "/version",
        what: "read the version",
      });
      return answer.gitVersion;
    },
    close,
  };
  return client;
}

async function get<T extends KubeObject>(
  transport: Transport,
  resource: Resource<T>,
  name: ObjectName,
  options: RequestOptions,
): Promise<Stored<T> | undefined> {
  try {
    return await sent(transport, options, {
      method: "GET",
      path: objectPath(resource, name),
      what: about("get", resource, name),
    });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function listPage<T extends KubeObject>(
  transport: Transport,
  resource: Resource<T>,
  options: ListOptions,
): Promise<List<T>> {
  const { namespace, labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
  const query = { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion, resourceVersionMatch };
  const what = `list ${resource.kind}`;
  const page = await sent<RawList<T>>(transport, options, {
    method: "GET",
    path: collectionPath(resource, namespace),
    query,
    what,
  });
  const items = page.items ?? [];
  // Built-in kinds leave these out inside a list.
  for (const item of items) {
    item.apiVersion ??= apiVersionOf(resource);
    item.kind ??= resource.kind;
  }
  return { items, resourceVersion: page.metadata.resourceVersion, continue: page.metadata.continue || undefined };
}

interface RawList<T extends KubeObject> {
  readonly items: Stored<T>[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Sends a whole object: a new one to its collection, another one to its place. */
function write<T extends KubeObject>(
  transport: Transport,
  method: "POST" | "PUT",
  resource: Resource<T>,
  object: T,
  options: WriteOptions,
): Promise<Stored<T>> {
  const name = nameOf(object);
  const { subresource } = options;
  const isNew = method === "POST";
  return sent(transport, options, {
    method,
    path: isNew ? collectionPath(resource, object.metadata.namespace) : objectPath(resource, name, subresource),
    query: writeQuery(options),
    body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
    what: about(isNew ? "create" : "replace", resource, name, subresource),
  });
}

function patch<T extends KubeObject>(
  transport: Transport,
  resource: Resource<T>,
  name: ObjectName,
  body: unknown,
  options: PatchOptions,
): Promise<Stored<T>> {
  return sent(transport, options, {
    method: "PATCH",
    path: objectPath(resource, name, options.subresource),
    query: { ...writeQuery(options), force: options.force },
    body,
    contentType: patchContentTypes[options.type],
    what: about(options.type === "apply" ? "apply" : "patch", resource, name, options.subresource),
  });
}

async function remove<T extends KubeObject>(
  transport: Transport,
  resource: Resource<T>,
  name: ObjectName,
  options: DeleteOptions,
): Promise<Deletion> {
  const { uid, resourceVersion } = options;
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    preconditions: { uid, resourceVersion },
  };
  const call = { method: "DELETE", path: objectPath(resource, name), body, what: about("delete", resource, name) } as const;
  try {
    // The answer is the object, or a Status where it is gone already.
    const answer = await sent<Partial<KubeObject>>(transport, options, call);
    return answer.metadata?.finalizers?.length ? "finalizing" : "deleted";
  } catch (error) {
    if (isAbsent(error)) return "absent";
    throw error;
  }
}

async function sent<A>(transport: Transport, options: RequestOptions, call: Omit<Call, "timeoutMs" | "signal">): Promise<A> {
  const text = await transport.send({ ...call, timeoutMs: options.timeoutMs ?? defaultTimeoutMs, signal: options.signal });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${call.what}: the answer is no JSON (${text.slice(0, 80)}); check that the address is the API server's and no proxy answers in its place`;
    throw new KubeError(message, { code: "Unavailable", outcomeUnknown: call.method !== "GET", cause });
  }
}

function writeQuery(options: WriteOptions): NonNullable<Call["query"]> {
  // A field that the server does not know it drops in any case; to warn of it would cost it more with every write, and nobody reads that.
  return { fieldValidation: "Ignore", fieldManager: options.fieldManager, dryRun: options.dryRun ? "All" : undefined };
}

function about(verb: string, resource: Resource<KubeObject>, name: ObjectName, subresource?: string): string {
  const of = subresource === undefined ? "" : `${subresource} of `;
  return `${verb} ${of}${resource.kind} ${typeof name === "string" ? name : `${name.namespace}/${name.name}`}`;
}

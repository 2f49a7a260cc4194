import type { KubeClient, List, RequestOptions, WatchEvent, WatchOptions } from "../../lib/kube/client.ts";
import { listAll } from "../../lib/kube/list-all.ts";
import { type KubeObject, nameOf, type Resource, type Stored } from "../../lib/kube/resource.ts";
import { type ApiRequest, writeOf } from "./api-request.ts";
import { call, type CallOptions } from "./call.ts";
import type { Network } from "./network.ts";
import { copyJson, copyObject } from "./plain-json.ts";
import type { Process } from "./process.ts";
import { openStream } from "./stream.ts";

const defaultTimeoutMs = 15_000;

/** A client of the simulated server as one process holds it. */
export function simClient(network: Network, process: Process): KubeClient {
  const send = (request: ApiRequest, options: RequestOptions | undefined) =>
    call(network, process, request, sendOptions(options));
  const { name: identity } = process;
  const client: KubeClient = {
    get: async <T extends KubeObject>(resource: Resource<T>, name: Parameters<KubeClient["get"]>[1], options?: RequestOptions) =>
      (await send({ verb: "get", resource, name }, options)) as Stored<T> | undefined,
    list: async <T extends KubeObject>(resource: Resource<T>, options: Parameters<KubeClient["list"]>[1] = {}) =>
      (await send({ verb: "list", resource, options }, options)) as List<T>,
    listAll: (resource, options = {}) => listAll(client, resource, options),
    create: async <T extends KubeObject>(resource: Resource<T>, object: T, options: Parameters<KubeClient["create"]>[2] = {}) => {
      const write = writeOf(resource, nameOf(object), options, identity);
      return (await send({ verb: "create", body: copyObject(object), ...write }, options)) as Stored<T>;
    },
    replace: async <T extends KubeObject>(
      resource: Resource<T>,
      object: T,
      options: Parameters<KubeClient["replace"]>[2] = {},
    ) => {
      const write = writeOf(resource, nameOf(object), options, identity);
      return (await send({ verb: "replace", body: copyObject(object), ...write }, options)) as Stored<T>;
    },
    patch: async <T extends KubeObject>(
      resource: Resource<T>,
      name: Parameters<KubeClient["patch"]>[1],
      body: unknown,
      options: Parameters<KubeClient["patch"]>[3],
    ) => {
      const { type, force = false } = options;
      const write = writeOf(resource, name, options, identity);
      return (await send({ verb: "patch", body: copyJson(body), type, force, ...write }, options)) as Stored<T>;
    },
    delete: async (resource, name, options = {}) => {
      const { uid, resourceVersion } = options;
      return (await send({ verb: "delete", resource, name, uid, resourceVersion }, options)) as "deleted";
    },
    watch: (resource, options, signal) => watch(network, process, resource, options, signal),
    serverVersion: () => Promise.resolve("v1.37.0"),
    close: () => Promise.resolve(),
  };
  return client;
}

function sendOptions({ timeoutMs = defaultTimeoutMs, signal }: RequestOptions = {}): CallOptions {
  return { timeoutMs, signal };
}

async function* watch<T extends KubeObject>(
  network: Network,
  process: Process,
  resource: Resource<T>,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, void> {
  signal.throwIfAborted();
  const stream = openStream(network, process, { verb: "watch", resource, options });
  const onAbort = () => stream.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const event = await stream.next();
      if (event === undefined) return;
      yield event as WatchEvent<T>;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.close();
  }
}

import type { ListOptions, PatchType, WatchOptions, WriteOptions } from "../../lib/kube/client.ts";
import { type KubeObject, type ObjectName, type Resource, splitName } from "../../lib/kube/resource.ts";
import type { JsonObject, Json } from "./plain-json.ts";

interface Write {
  readonly resource: Resource<KubeObject>;
  readonly name: ObjectName;
  readonly subresource: "status" | undefined;
  readonly manager: string;
  readonly dryRun: boolean;
}

/** A request as it travels; its body is a copy that nobody else holds. */
export type ApiRequest =
  | { readonly verb: "get"; readonly resource: Resource<KubeObject>; readonly name: ObjectName }
  | { readonly verb: "list"; readonly resource: Resource<KubeObject>; readonly options: ListOptions }
  | { readonly verb: "watch"; readonly resource: Resource<KubeObject>; readonly options: WatchOptions }
  | ({ readonly verb: "create" | "replace"; readonly body: JsonObject } & Write)
  | ({ readonly verb: "patch"; readonly body: Json; readonly type: PatchType; readonly force: boolean } & Write)
  | {
      readonly verb: "delete";
      readonly resource: Resource<KubeObject>;
      readonly name: ObjectName;
      readonly uid: string | undefined;
      readonly resourceVersion: string | undefined;
    };

/** A request that may change something. */
export type WriteRequest = Exclude<ApiRequest, { readonly verb: "get" | "list" | "watch" }>;

/** One that changes an object by giving something of it. */
export type BodyRequest = Exclude<WriteRequest, { readonly verb: "delete" }>;

/** Whether a request may change something. */
export function isWrite(request: ApiRequest): request is WriteRequest {
  return request.verb !== "get" && request.verb !== "list" && request.verb !== "watch";
}

/** e.g. `"create NodeSubnet 10.244.7.0-24"`, `"list Node"` */
export function requestName(request: ApiRequest): string {
  const { verb, resource } = request;
  if (verb === "list" || verb === "watch") return `${verb} ${resource.kind}`;
  const of = verb !== "get" && verb !== "delete" && request.subresource === "status" ? "status of " : "";
  const shown = verb === "patch" && request.type === "apply" ? "apply" : verb;
  return `${shown} ${of}${resource.kind} ${keyText(request.name)}`;
}

/** e.g. `"node-1"`, `"default/pod-1"` */
export function keyText(name: ObjectName): string {
  const { namespace, name: own } = splitName(name);
  return namespace === undefined ? own : `${namespace}/${own}`;
}

/** What a write says of itself besides its body. */
export function writeOf(resource: Resource<KubeObject>, name: ObjectName, options: WriteOptions, identity: string): Write {
  return {
    resource,
    name,
    subresource: options.subresource,
    manager: options.fieldManager ?? identity,
    dryRun: options.dryRun ?? false,
  };
}

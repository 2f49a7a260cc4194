import type { Deletion, List } from "../../lib/kube/client.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { ApiKind, ApiObject } from "./api-kind.ts";
import { applyObject } from "./apply-object.ts";
import { type ApiRequest, type BodyRequest, keyText } from "./api-request.ts";
import { listObjects } from "./list-objects.ts";
import { type Change, createObjectStore, type ObjectStore, type StoreView } from "./object-store.ts";
import { createObject, deleteObject, updateObject, type WriteGround } from "./object-write.ts";
import { jsonPatched, mergePatched, strategicPatched } from "./patch-body.ts";
import { isObject, type JsonObject } from "./plain-json.ts";
import { absent, refusal } from "./refusal.ts";

export interface ApiServerOptions {
  /** What it serves; see known-kinds.ts. */
  readonly kinds: readonly ApiKind[];
  /** Milliseconds since 1970, on the server's machine. */
  readonly wallClock: () => number;
  /** Called after every write that was done, before anybody is told of it. A throw ends the run: here invariants are held. */
  readonly onChange?: (change: Change) => void;
}

/**
 * An API server in memory. Every request is carried out at once and whole when it is handed in: what lies between asking, doing and
 * answering is the network's business (network.ts). The objects it gives are frozen.
 */
export interface ApiServer {
  readonly store: ObjectStore;
  readonly view: StoreView;
  /** Carries out a request but a watch; gives what the method of `KubeClient` of that name gives. @throws {KubeError} */
  answer(request: ApiRequest): unknown;
  /** Calls back after every write; gives how to end that. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** A server without objects. */
export function createApiServer({ kinds, wallClock, onChange }: ApiServerOptions): ApiServer {
  const listeners = new Set<(change: Change) => void>();
  const store = createObjectStore(kinds, (change) => {
    onChange?.(change);
    for (const listener of listeners) listener(change);
  });
  let uids = 0;
  const ground: WriteGround = { store, now: secondsClock(wallClock), newUid: () => `uid-${++uids}` };
  return {
    store,
    view: store.view,
    answer: (request) => carryOut(ground, request),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Times as the API writes them, worked out once a second. */
function secondsClock(wallClock: () => number): () => string {
  let known = { second: Number.NaN, text: "" };
  return () => {
    const second = Math.floor(wallClock() / 1_000);
    if (second !== known.second) known = { second, text: new Date(second * 1_000).toISOString().replace(".000Z", "Z") };
    return known.text;
  };
}

function carryOut(ground: WriteGround, request: ApiRequest): unknown {
  const kind = servedKind(ground.store, request);
  if (request.verb === "get") return ground.store.get(kind, keyText(request.name))?.object;
  if (request.verb === "list") return listObjects(ground.store, kind, request) satisfies List<Stored<KubeObject>>;
  if (request.verb === "watch") throw new TypeError("a watch is no request that can be answered at once");
  if (request.verb === "delete") return deletion(deleteObject(ground, kind, request));
  if (request.verb === "create") return createObject(ground, kind, request, { object: request.body, ownership: undefined });
  return change(ground, kind, request);
}

/** The kind that a request is about. @throws {KubeError} NotFound where it is not served. */
export function servedKind(store: ObjectStore, request: ApiRequest): ApiKind {
  const kind = store.kindOf(request.resource);
  if (kind !== undefined) return kind;
  throw refusal(request, { code: 404, reason: "NotFound", message: "the server could not find the requested resource" });
}

function deletion(object: ApiObject | undefined): Deletion {
  if (object === undefined) return "absent";
  return (object.metadata.finalizers ?? []).length > 0 ? "finalizing" : "deleted";
}

function change(ground: WriteGround, kind: ApiKind, request: BodyRequest): ApiObject {
  if (request.verb === "patch" && request.type === "strategic" && !kind.strategic) throw unknownFormat(request);
  const before = ground.store.get(kind, keyText(request.name));
  if (request.verb === "patch" && request.type === "apply") return applyObject(ground, kind, request, before);
  if (before === undefined) throw absent(request);
  if (request.verb === "patch") {
    const object = patched(kind, request, before.object);
    return updateObject(ground, kind, request, before, { object, ownership: undefined });
  }
  const body = request.body;
  const { resourceVersion } = isObject(body["metadata"]) ? body["metadata"] : {};
  if (!kind.unconditionalReplace && (resourceVersion === undefined || resourceVersion === "")) {
    const message = `${kind.resource.plural} "${keyText(request.name)}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`;
    throw refusal(request, { code: 422, reason: "Invalid", message, field: "metadata.resourceVersion" });
  }
  return updateObject(ground, kind, request, before, { object: body, ownership: undefined });
}

function unknownFormat(request: BodyRequest) {
  const message =
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
  return refusal(request, { code: 415, reason: "UnsupportedMediaType", message });
}

function patched(kind: ApiKind, request: BodyRequest & { readonly verb: "patch" }, before: ApiObject): JsonObject {
  const { type, body } = request;
  try {
    const result =
      type === "merge"
        ? mergePatched(before, body)
        : type === "json"
          ? jsonPatched(before, body)
          : strategicPatched(kind, before, body);
    return isObject(result) ? result : {};
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refusal(request, { code: 422, reason: "Invalid", message: `the server rejected our request: ${error.message}` });
  }
}

import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { List } from "../../lib/kube/client.ts";
import type { ApiKind, ApiObject } from "./api-kind.ts";
import type { ApiRequest } from "./api-request.ts";
import type { ObjectStore } from "./object-store.ts";
import { refusal } from "./refusal.ts";
import { selects } from "./selector.ts";

type ListRequest = ApiRequest & { readonly verb: "list" };

/** Where a list goes on. */
interface Token {
  readonly revision: number;
  /** The last key that was given. */
  readonly after: string;
}

/** One page of a collection. @throws {KubeError} Gone where its version is no longer known. */
export function listObjects(store: ObjectStore, kind: ApiKind, request: ListRequest): List<Stored<KubeObject>> {
  const { options } = request;
  const token = options.continue === undefined ? undefined : parseToken(request, options.continue);
  const revision = token?.revision ?? revisionOf(store, request);
  assertKnown(store, request, revision);
  const chosen = selects(options);
  const items: ApiObject[] = [];
  for (const { object } of store.listAt(kind, revision)) {
    if (token !== undefined && keyOfObject(object) <= token.after) continue;
    if (chosen !== undefined && !chosen(object)) continue;
    if (items.length === options.limit) {
      const after = keyOfObject(items.at(-1) ?? object);
      return page(items, revision, JSON.stringify({ revision, after } satisfies Token));
    }
    items.push(object);
  }
  return page(items, revision, undefined);
}

/** @throws {KubeError} where a version is forgotten, or not reached yet. */
function assertKnown(store: ObjectStore, request: ListRequest, revision: number): void {
  if (revision > store.revision()) throw tooLarge(request, revision);
  if (revision >= store.compacted()) return;
  const what = request.options.continue === undefined ? "resourceVersion for the provided list" : "provided continue parameter";
  throw gone(request, `The ${what} is too old: ${revision}`);
}

function page(items: readonly unknown[], revision: number, next: string | undefined): List<Stored<KubeObject>> {
  return { items: items as Stored<KubeObject>[], resourceVersion: `${revision}`, continue: next };
}

/** The version to list: the newest, or an exact one where that is asked for. The network may make an older one of `"0"`. */
function revisionOf(store: ObjectStore, request: ListRequest): number {
  const { resourceVersion, resourceVersionMatch } = request.options;
  if (resourceVersion === undefined || resourceVersion === "0" || resourceVersion === "") return store.revision();
  const wanted = Number(resourceVersion);
  if (resourceVersionMatch === "Exact") return wanted;
  return Math.max(wanted, store.revision());
}

function keyOfObject({ metadata }: ApiObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function parseToken(request: ListRequest, text: string): Token {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(request, { code: 400, reason: "BadRequest", message: "continue key is not valid" });
  }
}

function gone(request: ListRequest, message: string) {
  return refusal(request, { code: 410, reason: "Expired", message });
}

/** So the server answers for a version that it has not reached, after waiting for it for a while. */
function tooLarge(request: ListRequest, revision: number) {
  return refusal(request, {
    code: 504,
    reason: "Timeout",
    message: `Too large resource version: ${revision}`,
    retryAfterSeconds: 1,
  });
}

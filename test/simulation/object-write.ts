import { apiVersionOf, type ObjectName, splitName } from "../../lib/kube/resource.ts";
import type { ApiKind, ApiMeta, ApiObject } from "./api-kind.ts";
import { type BodyRequest, keyText, type WriteRequest } from "./api-request.ts";
import type { ObjectStore, StoredRecord } from "./object-store.ts";
import { afterUpdate, noOwners, type Ownership, ownerName } from "./ownership.ts";
import { freezeJson, isObject, type JsonObject, sameJson } from "./plain-json.ts";
import { refusal } from "./refusal.ts";

/** What writes need of the server. */
export interface WriteGround {
  readonly store: ObjectStore;
  /** The server's time, e.g. `"2026-01-01T00:00:00Z"`. */
  readonly now: () => string;
  /** One that was never given before. */
  readonly newUid: () => string;
}

/** How an object would become, and who would own what of it then. */
export interface Candidate {
  readonly object: JsonObject;
  /** Undefined: it follows from what changed. */
  readonly ownership: Ownership | undefined;
}

/** Makes an object; `owners` where an apply makes it. @throws {KubeError} */
export function createObject(
  ground: WriteGround,
  kind: ApiKind,
  request: BodyRequest,
  { object: body, ownership }: Candidate,
): ApiObject {
  const { store } = ground;
  const key = keyText(request.name);
  if (store.get(kind, key) !== undefined) {
    const message = `${kind.resource.plural} "${key}" already exists`;
    throw refusal(request, { code: 409, reason: "AlreadyExists", message, name: key });
  }
  const { status, ...rest } = body;
  const { deletionTimestamp: _never, ...metadata } = isObject(body["metadata"]) ? body["metadata"] : {};
  const object: ApiObject = {
    ...rest,
    ...(status !== undefined && (!kind.status || kind.statusAtCreate) && { status }),
    apiVersion: apiVersionOf(kind.resource),
    kind: kind.resource.kind,
    metadata: {
      ...metadata,
      ...nameParts(request.name),
      uid: ground.newUid(),
      resourceVersion: `${store.revision() + 1}`,
      ...(kind.generation && { generation: 1 }),
      creationTimestamp: ground.now(),
    },
  };
  judge(kind, request, object, undefined);
  const owner = ownerName(request.manager, "Update", undefined);
  const record = { object: freezeJson(object), ownership: ownership ?? afterUpdate(noOwners, owner, undefined, object) };
  if (!request.dryRun) store.commit(kind, key, record, record.object);
  return record.object;
}

function nameParts(object: ObjectName): Pick<ApiMeta, "name" | "namespace"> {
  const { namespace, name } = splitName(object);
  return namespace === undefined ? { name } : { namespace, name };
}

/** Changes an object that is there, as far as this request may; a change of nothing writes nothing. @throws {KubeError} */
export function updateObject(
  ground: WriteGround,
  kind: ApiKind,
  request: BodyRequest,
  before: StoredRecord,
  { object: wanted, ownership }: Candidate,
): ApiObject {
  const { store } = ground;
  assertIdentity(request, before.object, isObject(wanted["metadata"]) ? wanted["metadata"] : {});
  const next = bounded(kind, request.subresource, before.object, wanted);
  judge(kind, request, next, before.object);
  assertFinalizers(request, before.object, next);
  const settled = numbered(kind, before.object, next, `${store.revision() + 1}`);
  const same = settled === before.object;
  if (request.dryRun || (same && (ownership === undefined || ownership === before.ownership))) return settled;
  const object = same ? withVersion(before.object, `${store.revision() + 1}`) : settled;
  const owner = ownerName(request.manager, "Update", request.subresource);
  const record = {
    object: freezeJson(object),
    ownership: ownership ?? afterUpdate(before.ownership, owner, before.object, object),
  };
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const ends = deletionTimestamp !== undefined && finalizers.length === 0;
  store.commit(kind, keyText(request.name), ends ? undefined : record, record.object);
  return record.object;
}

/** Deletes an object, or marks it where finalizers keep it. @throws {KubeError} Conflict where a precondition does not hold. */
export function deleteObject(
  ground: WriteGround,
  kind: ApiKind,
  request: WriteRequest & { readonly verb: "delete" },
): ApiObject | undefined {
  const { store } = ground;
  const key = keyText(request.name);
  const before = store.get(kind, key);
  if (before === undefined) return undefined;
  const { uid, resourceVersion } = before.object.metadata;
  if (request.uid !== undefined && request.uid !== uid) throw unmet(request, "UID", request.uid, uid);
  if (request.resourceVersion !== undefined && request.resourceVersion !== resourceVersion)
    throw unmet(request, "ResourceVersion", request.resourceVersion, resourceVersion);
  const next = `${store.revision() + 1}`;
  const { metadata } = before.object;
  if ((metadata.finalizers ?? []).length === 0) {
    store.commit(kind, key, undefined, freezeJson(withVersion(before.object, next)));
    return before.object;
  }
  if (metadata.deletionTimestamp !== undefined) return before.object;
  const marked = {
    ...metadata,
    ...(metadata.generation !== undefined && { generation: metadata.generation + 1 }),
    deletionTimestamp: ground.now(),
    deletionGracePeriodSeconds: 0,
    resourceVersion: next,
  };
  const object: ApiObject = freezeJson({ ...before.object, metadata: marked });
  store.commit(kind, key, { object, ownership: before.ownership }, object);
  return object;
}

/** @throws {KubeError} Conflict where the body is of another object or another version than the one there. */
function assertIdentity(request: BodyRequest, { metadata }: ApiObject, wanted: JsonObject): void {
  const { uid, resourceVersion } = wanted;
  if (typeof uid === "string" && uid !== metadata.uid) throw unmet(request, "UID", uid, metadata.uid);
  if (typeof resourceVersion === "string" && resourceVersion !== "" && resourceVersion !== metadata.resourceVersion) {
    const name = keyText(request.name);
    const message = `Operation cannot be fulfilled on ${request.resource.plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    throw refusal(request, { code: 409, reason: "Conflict", message, name });
  }
}

function unmet(request: WriteRequest, what: string, wanted: string, found: string) {
  const name = keyText(request.name);
  const message = `Operation cannot be fulfilled on ${request.resource.plural} "${name}": Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
  return refusal(request, { code: 409, reason: "Conflict", message, name });
}

/** What of the wanted object this request may write; the rest stays as it is. What did not change stays the very same value. */
function bounded(kind: ApiKind, subresource: "status" | undefined, before: ApiObject, wanted: JsonObject): ApiObject {
  const byStatus = subresource === "status";
  const metadata = byStatus && !kind.metadataByStatus ? before.metadata : boundedMeta(before.metadata, wanted["metadata"]);
  const next: Record<string, JsonObject[string]> & { metadata: ApiMeta } = { metadata };
  const source = byStatus ? before : wanted;
  for (const field in source) {
    if (field === "metadata" || field === "apiVersion" || field === "kind") continue;
    if (field === "status" && kind.status) continue;
    next[field] = kept(before[field], source[field]);
  }
  const status = byStatus || !kind.status ? kept(before["status"], wanted["status"]) : before["status"];
  if (status !== undefined) next["status"] = status;
  return { ...next, apiVersion: before.apiVersion, kind: before.kind };
}

function kept<T extends JsonObject[string]>(before: T, wanted: T): T {
  return sameJson(before, wanted) ? before : wanted;
}

function boundedMeta(before: ApiMeta, wanted: JsonObject[string]): ApiMeta {
  const { finalizers, labels, annotations, ownerReferences } = isObject(wanted) ? wanted : {};
  const { finalizers: _f, labels: _l, annotations: _a, ownerReferences: _o, ...system } = before;
  const next = {
    ...system,
    ...(isFilled(labels) && { labels }),
    ...(isFilled(annotations) && { annotations }),
    ...(isFilled(finalizers) && { finalizers }),
    ...(isFilled(ownerReferences) && { ownerReferences }),
  } as ApiMeta;
  return kept(before, next);
}

/** Empty lists and maps of metadata are not kept. */
function isFilled(value: JsonObject[string]): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** @throws {KubeError} Invalid where the schema, a rule or the server's own rules refuse it. */
function judge(kind: ApiKind, request: BodyRequest, object: ApiObject, before: ApiObject | undefined): void {
  const wrong = kind.check?.(object) ?? kind.admit?.(object, before);
  if (wrong !== undefined) throw invalid(request, wrong);
}

function assertFinalizers(request: BodyRequest, { metadata }: ApiObject, next: ApiObject): void {
  if (metadata.deletionTimestamp === undefined) return;
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => metadata.finalizers?.includes(finalizer) !== true);
  if (added.length > 0)
    throw invalid(request, "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted");
}

function invalid(request: BodyRequest, wrong: string) {
  const name = keyText(request.name);
  const message = `${request.resource.kind}.${request.resource.group} "${name}" is invalid: ${wrong}`;
  return refusal(request, { code: 422, reason: "Invalid", message, name, field: wrong.split(":")[0] ?? "" });
}

/** With its next version, and its next generation where more than metadata and status changed; the very same object where nothing did. */
function numbered(kind: ApiKind, before: ApiObject, next: ApiObject, resourceVersion: string): ApiObject {
  const isSpec = (field: string) => field !== "metadata" && !(kind.status && field === "status");
  const fields = [...new Set([...Object.keys(before), ...Object.keys(next)])];
  // Compared once more by value, since defaults were filled in meanwhile.
  const changed = fields.filter((field) => !sameJson(before[field], next[field]));
  if (changed.length === 0) return before;
  const raised = kind.generation && changed.some(isSpec) ? { generation: (before.metadata.generation ?? 0) + 1 } : {};
  return { ...next, metadata: { ...next.metadata, ...raised, resourceVersion } };
}

function withVersion(object: ApiObject, resourceVersion: string): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

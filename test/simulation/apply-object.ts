import type { ApiKind, ApiObject } from "./api-kind.ts";
import { type BodyRequest, keyText } from "./api-request.ts";
import type { StoredRecord } from "./object-store.ts";
import { createObject, updateObject, type WriteGround } from "./object-write.ts";
import { noOwners, type Ownership, ownerName, ownersOf, sameOwners } from "./ownership.ts";
import { isObject, type JsonObject } from "./plain-json.ts";
import { absent, refusal } from "./refusal.ts";
import { applyFields } from "./server-side-apply.ts";

type ApplyRequest = BodyRequest & { readonly verb: "patch" };

/** Carries out a server-side apply. @throws {KubeError} */
export function applyObject(
  ground: WriteGround,
  kind: ApiKind,
  request: ApplyRequest,
  before: StoredRecord | undefined,
): ApiObject {
  const config = statable(kind, request);
  if (before === undefined) assertMakes(request, config);
  const owners = ownersOf(kind, before?.ownership ?? noOwners);
  const owner = ownerName(request.manager, "Apply", request.subresource);
  const live = before?.object ?? { metadata: {} };
  const applied = applyFields({ kind, live, config, owner, owners, force: request.force });
  if ("conflicts" in applied) {
    const list = applied.conflicts.map(({ owner, field }) => `conflict with "${owner}": ${field}`).join("; ");
    throw conflict(request, `Apply failed with ${applied.conflicts.length} conflicts: ${list}`);
  }
  if (before === undefined)
    return createObject(ground, kind, request, { object: applied.object, ownership: fresh(applied.owners) });
  const ownership = sameOwners(owners, applied.owners) ? before.ownership : fresh(applied.owners);
  return updateObject(ground, kind, request, before, { object: applied.object, ownership });
}

function fresh(owners: Ownership["owners"]): Ownership {
  return { owners, noted: [] };
}

/** @throws {KubeError} where there is no object and this apply may make none. */
function assertMakes(request: ApplyRequest, config: JsonObject): void {
  if (request.subresource !== undefined) throw absent(request);
  const { uid, resourceVersion } = isObject(config["metadata"]) ? config["metadata"] : {};
  if (uid !== undefined || resourceVersion !== undefined) throw conflict(request, "the object that it names is not there");
}

function conflict(request: ApplyRequest, why: string) {
  const name = keyText(request.name);
  const message = `Operation cannot be fulfilled on ${request.resource.plural} "${name}": ${why}`;
  return refusal(request, { code: 409, reason: "Conflict", message, name });
}

/** What an applied object may state: of the status only what goes to the status, and nothing else there. */
function statable(kind: ApiKind, { body, subresource }: BodyRequest): JsonObject {
  const { status, metadata, apiVersion: _version, kind: _kind, ...rest } = isObject(body) ? body : {};
  const meta = isObject(metadata) ? metadata : {};
  if (subresource === "status")
    return { metadata: kind.metadataByStatus ? meta : identity(meta), ...(status !== undefined && { status }) };
  return { metadata: meta, ...rest, ...(!kind.status && status !== undefined && { status }) };
}

function identity({ name, namespace, uid, resourceVersion }: JsonObject): JsonObject {
  return { name, namespace, uid, resourceVersion };
}

import type { ApiKind, ApiObject } from "./api-kind.ts";
import { changesOf, type FieldSet } from "./field-set.ts";

/** Who owns which fields of an object, as `metadata.managedFields` says it. Changes but by apply are only noted, and worked out when an apply comes. */
export interface Ownership {
  readonly owners: ReadonlyMap<string, FieldSet>;
  readonly noted: readonly NotedUpdate[];
}

interface NotedUpdate {
  readonly owner: string;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject;
}

/** Of an object that nobody has written. */
export const noOwners: Ownership = { owners: new Map(), noted: [] };

/** Names an owner: a manager owns separately what it applies and what it writes otherwise, and in the status and elsewhere. */
export function ownerName(manager: string, operation: "Apply" | "Update", subresource: "status" | undefined): string {
  return `${manager} ${operation} ${subresource ?? ""}`;
}

/** After a create, a replace or a patch other than apply. */
export function afterUpdate(ownership: Ownership, owner: string, before: ApiObject | undefined, after: ApiObject): Ownership {
  return { ...ownership, noted: [...ownership.noted, { owner, before, after }] };
}

/** Owner → fields, with everything noted worked out. */
export function ownersOf(kind: ApiKind, { owners, noted }: Ownership): ReadonlyMap<string, FieldSet> {
  if (noted.length === 0) return owners;
  let result = owners;
  for (const { owner, before, after } of noted) {
    const { written, removed } = changesOf(kind, before ?? {}, after);
    const own = new Set([...(result.get(owner) ?? []), ...written]);
    result = withoutFields(new Map(result).set(owner, own), removed, undefined);
    result = withoutFields(result, written, owner);
  }
  return result;
}

/** Takes fields from all owners but one; an owner of nothing is forgotten. */
export function withoutFields(
  owners: ReadonlyMap<string, FieldSet>,
  fields: FieldSet,
  but: string | undefined,
): ReadonlyMap<string, FieldSet> {
  const result = new Map<string, FieldSet>();
  for (const [owner, owned] of owners) {
    const left = owner === but ? owned : owned.difference(fields);
    if (left.size > 0) result.set(owner, left);
  }
  return result;
}

/** Whether two states say the same. */
export function sameOwners(a: ReadonlyMap<string, FieldSet>, b: ReadonlyMap<string, FieldSet>): boolean {
  if (a.size !== b.size) return false;
  for (const [owner, fields] of a) {
    const others = b.get(owner);
    if (others?.size !== fields.size || !fields.isSubsetOf(others)) return false;
  }
  return true;
}

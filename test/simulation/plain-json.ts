/** A JSON value; an absent field may also be there as undefined. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [field: string]: Json | undefined;
}

/** Whether a value is an object, not a list and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** A copy as it would arrive over a wire: fields that are undefined are gone. */
export function copyJson(value: unknown): Json {
  if (isList(value)) return value.map(copyJson);
  if (!isObject(value)) return value as Json;
  const copy: Record<string, Json> = {};
  for (const field in value) {
    const item = value[field];
    if (item !== undefined) copy[field] = typeof item === "object" ? copyJson(item) : item;
  }
  return copy;
}

/** A copy of an object. */
export function copyObject(value: object): JsonObject {
  return copyJson(value) as JsonObject;
}

/** Whether two values are the same, whatever order their fields come in. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  return isObject(a) && isObject(b) && sameFields(a, b);
}

function sameFields(a: JsonObject, b: JsonObject): boolean {
  let fields = 0;
  for (const field in a) {
    if (a[field] === undefined) continue;
    if (!sameJson(a[field], b[field])) return false;
    fields++;
  }
  for (const field in b) if (b[field] !== undefined) fields--;
  return fields === 0;
}

/** Makes a value unchangeable in depth; what is so already is not looked into. */
export function freezeJson<T extends Json | undefined>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) freezeJson(item);
  return Object.freeze(value);
}

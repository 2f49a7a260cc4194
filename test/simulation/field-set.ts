import { type ApiKind, itemKey, type ListShape, listShape } from "./api-kind.ts";
import { isList, isObject, type Json, type JsonObject, sameJson } from "./plain-json.ts";

/**
 * Fields of an object, as paths. An element of a path is `f:` and a field, `k:` and what names an item of a list, or `v:` and an item of a set; they are joined
 * by line breaks, e.g. `"f:status\nf:conditions\nk:[\"Ready\"]\nf:reason"`.
 */
export type FieldSet = ReadonlySet<string>;

/** Path → what stands there; undefined where it is an item with fields of its own. */
export type Leaves = ReadonlyMap<string, Json | undefined>;

/** What the server itself writes is nobody's field. */
const unowned: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
]);

/** The path of a field below another one in the schema, e.g. `"status"` and `"conditions"` → `"status.conditions"`. */
export function below(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

/** A walk over the fields of objects of one kind, which ends in `leaves`. */
interface Walk {
  readonly kind: ApiKind;
  readonly leaves: Map<string, Json | undefined>;
}

/** All leaves of an object that somebody can own, without the top-level fields that `other` has the very same. */
export function leavesOf(kind: ApiKind, object: JsonObject, other: JsonObject = {}): Leaves {
  const walk: Walk = { kind, leaves: new Map() };
  for (const field in object) {
    const value = object[field];
    if (value === undefined || value === other[field] || field === "apiVersion" || field === "kind") continue;
    walkValue(walk, value, `f:${field}`, field);
  }
  return walk.leaves;
}

/** The same as a set. */
export function fieldsOf(kind: ApiKind, object: JsonObject): FieldSet {
  return new Set(leavesOf(kind, object).keys());
}

/** `at` is the path of the value, `path` the same as the kind's schema has it. */
function walkValue(walk: Walk, value: Json, at: string, path: string): void {
  if (isList(value)) {
    const shape = listShape(walk.kind, path);
    if (shape !== "atomic") return walkItems(walk, value, shape, at, path);
  } else if (isObject(value) && !isEmpty(value) && !walk.kind.atomicObjects.has(path)) return walkFields(walk, value, at, path);
  walk.leaves.set(at, value);
}

function isEmpty(value: JsonObject): boolean {
  return Object.keys(value).length === 0;
}

function walkFields(walk: Walk, value: JsonObject, at: string, path: string): void {
  for (const field in value) {
    const item = value[field];
    if (item === undefined || (path === "metadata" && unowned.has(field))) continue;
    walkValue(walk, item, `${at}\nf:${field}`, below(path, field));
  }
}

function walkItems(walk: Walk, list: readonly Json[], shape: ListShape, at: string, path: string): void {
  for (const item of list) {
    const itemAt = `${at}\n${elementOf(item, shape)}`;
    const isLeaf = shape === "set" || !isObject(item);
    walk.leaves.set(itemAt, isLeaf ? item : undefined);
    if (!isLeaf) walkFields(walk, item, itemAt, path);
  }
}

/** The element that names an item of a list. */
export function elementOf(item: Json, shape: ListShape): string {
  return shape === "set" || shape === "atomic" ? `v:${JSON.stringify(item)}` : `k:${itemKey(item, shape)}`;
}

/** Fields that differ between two states of an object. */
export interface FieldChanges {
  /** Added, or with another value. */
  readonly written: FieldSet;
  readonly removed: FieldSet;
}

/** What changed from one state to another; what is the very same value in both is not looked into. */
export function changesOf(kind: ApiKind, before: JsonObject, after: JsonObject): FieldChanges {
  const was = leavesOf(kind, before, after);
  const is = leavesOf(kind, after, before);
  const written = new Set<string>();
  const removed = new Set<string>();
  for (const [path, value] of is) if (!was.has(path) || !sameJson(was.get(path), value)) written.add(path);
  for (const path of was.keys()) if (!is.has(path)) removed.add(path);
  return { written, removed };
}

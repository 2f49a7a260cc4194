import { type ApiKind, itemKey, type ListShape, listShape } from "./api-kind.ts";
import { isList, isObject, type Json, type JsonObject, sameJson } from "./plain-json.ts";

/**
 * Fields of an object: path → its elements. An element is `f:` and a field, `k:` and what names an item of a list, or `v:` and an item of a set,
 * e.g. `["f:status", "f:conditions", "k:[\"Ready\"]", "f:reason"]`.
 */
export type FieldSet = ReadonlyMap<string, readonly string[]>;

/** A field that nobody can go below, and what stands in it; undefined where the path is an item with fields of its own. */
export interface Leaf {
  readonly elements: readonly string[];
  readonly value: Json | undefined;
}

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

/** Where a walk is: the elements so far, and the same path as the kind's schema has it. */
interface Place {
  readonly elements: readonly string[];
  readonly path: string;
}

/** The path of a field below another one in the schema, e.g. `"status"` and `"conditions"` → `"status.conditions"`. */
export function below(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

/** Text that stands for a path. */
export function pathText(elements: readonly string[]): string {
  return elements.join("\n");
}

/** All leaves of an object that somebody can own. */
export function leavesOf(kind: ApiKind, object: JsonObject): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const field in object) {
    const value = object[field];
    if (field !== "apiVersion" && field !== "kind" && value !== undefined)
      walk(kind, value, { elements: [`f:${field}`], path: field }, leaves);
  }
  return leaves;
}

/** The same as a set. */
export function fieldsOf(kind: ApiKind, object: JsonObject): FieldSet {
  return setOf(leavesOf(kind, object));
}

function setOf(leaves: ReadonlyMap<string, Leaf>): FieldSet {
  return new Map(Array.from(leaves, ([text, { elements }]) => [text, elements]));
}

function walk(kind: ApiKind, value: Json, place: Place, leaves: Map<string, Leaf>): void {
  const shape = isList(value) ? listShape(kind, place.path) : "atomic";
  if (isList(value) && shape !== "atomic") walkItems(kind, value, shape, place, leaves);
  else if (isObject(value) && !kind.atomicObjects.has(place.path) && Object.keys(value).length > 0)
    walkFields(kind, value, place, leaves);
  else leaves.set(pathText(place.elements), { elements: place.elements, value });
}

function walkFields(kind: ApiKind, value: JsonObject, { elements, path }: Place, leaves: Map<string, Leaf>): void {
  for (const field in value) {
    const item = value[field];
    if (item === undefined || (path === "metadata" && unowned.has(field))) continue;
    walk(kind, item, { elements: [...elements, `f:${field}`], path: below(path, field) }, leaves);
  }
}

function walkItems(kind: ApiKind, list: readonly Json[], shape: ListShape, place: Place, leaves: Map<string, Leaf>): void {
  for (const item of list) {
    const elements = [...place.elements, elementOf(item, shape)];
    if (shape === "set" || !isObject(item)) leaves.set(pathText(elements), { elements, value: item });
    else {
      leaves.set(pathText(elements), { elements, value: undefined });
      walkFields(kind, item, { elements, path: place.path }, leaves);
    }
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
  const was = leavesOf(kind, differing(before, after));
  const is = leavesOf(kind, differing(after, before));
  const written = new Map<string, readonly string[]>();
  const removed = new Map<string, readonly string[]>();
  for (const [text, { elements, value }] of is) {
    const old = was.get(text);
    if (old === undefined || !sameJson(old.value, value)) written.set(text, elements);
  }
  for (const [text, { elements }] of was) if (!is.has(text)) removed.set(text, elements);
  return { written, removed };
}

function differing(object: JsonObject, other: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field, value]) => value !== other[field]));
}

import { type ApiKind, itemKey, listShape } from "./api-kind.ts";
import { below, changesOf, elementOf, type FieldSet, leavesOf } from "./field-set.ts";
import { withoutFields } from "./ownership.ts";
import { isList, isObject, type Json, type JsonObject, sameJson } from "./plain-json.ts";

/** What an apply comes to, or the fields of others that it meets. */
export type Applied =
  | { readonly object: JsonObject; readonly owners: ReadonlyMap<string, FieldSet> }
  | { readonly conflicts: readonly { readonly owner: string; readonly field: string }[] };

/** An apply as it came. */
export interface ApplyInput {
  readonly kind: ApiKind;
  /** As it is; an object without fields where it is to be created. */
  readonly live: JsonObject;
  readonly config: JsonObject;
  readonly owner: string;
  readonly owners: ReadonlyMap<string, FieldSet>;
  readonly force: boolean;
}

/** Merges the stated fields in, and takes out those that this owner stated before, states no longer, and shares with nobody. */
export function applyFields({ kind, live, config, owner, owners, force }: ApplyInput): Applied {
  const leaves = leavesOf(kind, config);
  const stated: FieldSet = new Set(leaves.keys());
  const others = new Map([...owners].filter(([name]) => name !== owner));
  const dropped = [...(owners.get(owner) ?? new Set<string>()).difference(stated)];
  let object = mergeApplied(kind, live, config, "") as JsonObject;
  // A path sorts before those inside it, so items of lists go before their fields.
  for (const path of dropped.toSorted())
    if (!isOwned(others, path)) object = withoutField(kind, object, path.split("\n"), "") ?? {};
  for (const [path, value] of dropped.length === 0 ? [] : leaves)
    if (isObject(value) && !path.startsWith("f:metadata\n")) object = withNullFor(object, path.split("\n"));
  const { written, removed } = changesOf(kind, live, object);
  const conflicts = [...others].flatMap(([name, owned]) =>
    [...written.intersection(owned)].map((path) => ({ owner: name, field: path.replaceAll("\n", ".") })),
  );
  if (conflicts.length > 0 && !force) return { conflicts };
  const left = withoutFields(withoutFields(others, written, undefined), removed, undefined);
  return { object, owners: stated.size === 0 ? left : new Map(left).set(owner, stated) };
}

/** What was stated as empty and of which nothing is left comes out as null, which schemas refuse: so does the server's own merge. */
function withNullFor(value: JsonObject, [element = "", ...rest]: readonly string[]): JsonObject {
  const field = element.slice(2);
  const inner = value[field];
  if (inner === undefined) return { ...value, [field]: null };
  return rest.length > 0 && isObject(inner) ? { ...value, [field]: withNullFor(inner, rest) } : value;
}

/** Whether somebody owns a field, or something inside it. */
function isOwned(owners: ReadonlyMap<string, FieldSet>, text: string): boolean {
  const inside = `${text}\n`;
  for (const fields of owners.values()) {
    if (fields.has(text)) return true;
    for (const other of fields) if (other.startsWith(inside)) return true;
  }
  return false;
}

/** Gives the very same value where nothing differs. */
function mergeApplied(kind: ApiKind, live: Json | undefined, config: Json, path: string): Json {
  if (isObject(config) && isObject(live) && !kind.atomicObjects.has(path)) {
    let merged = live;
    for (const field in config) {
      const wanted = config[field];
      if (wanted === undefined) continue;
      const value = mergeApplied(kind, live[field], wanted, below(path, field));
      if (value !== live[field]) merged = { ...merged, [field]: value };
    }
    return merged;
  }
  if (isList(config) && isList(live)) return mergeList(kind, live, config, path);
  return live !== undefined && sameJson(live, config) ? live : config;
}

function mergeList(kind: ApiKind, live: readonly Json[], config: readonly Json[], path: string): Json {
  const shape = listShape(kind, path);
  if (shape === "atomic") return sameJson(live, config) ? live : config;
  if (shape === "set") {
    const more = config.filter((item) => !live.some((other) => sameJson(item, other)));
    return more.length === 0 ? live : [...live, ...more];
  }
  const wanted = new Map(config.map((item) => [itemKey(item, shape), item]));
  const kept = live.map((item) => {
    const key = itemKey(item, shape);
    const want = wanted.get(key);
    wanted.delete(key);
    return want === undefined ? item : mergeApplied(kind, item, want, path);
  });
  const merged = [...kept, ...wanted.values()];
  return merged.length === live.length && merged.every((item, index) => item === live[index]) ? live : merged;
}

/** Without one field; undefined where nothing is left of the value. */
function withoutField(kind: ApiKind, value: JsonObject, elements: readonly string[], path: string): JsonObject | undefined {
  const [element = "", ...rest] = elements;
  const field = element.slice(2);
  const inner = value[field];
  if (inner === undefined) return value;
  const innerPath = below(path, field);
  const left = rest.length === 0 ? undefined : withoutInner(kind, inner, rest, innerPath);
  if (left === inner) return value;
  const { [field]: _gone, ...others } = value;
  if (left !== undefined) return { ...value, [field]: left };
  return Object.keys(others).length === 0 ? undefined : others;
}

function withoutInner(kind: ApiKind, inner: Json, elements: readonly string[], path: string): Json | undefined {
  if (isObject(inner)) return withoutField(kind, inner, elements, path);
  if (!isList(inner)) return inner;
  const shape = listShape(kind, path);
  const [element = "", ...rest] = elements;
  const left = inner.flatMap((item) => {
    if (elementOf(item, shape) !== element) return [item];
    if (rest.length === 0 || !isObject(item)) return [];
    return [withoutField(kind, item, rest, path) ?? {}];
  });
  return left.length === 0 ? undefined : left;
}

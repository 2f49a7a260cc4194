import { type ApiKind, itemKey, listShape } from "./api-kind.ts";
import { below } from "./field-set.ts";
import { isList, isObject, type Json, type JsonObject, sameJson } from "./plain-json.ts";

/** RFC 7386: null removes, objects are merged, everything else replaces. */
export function mergePatched(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [field, wanted] of Object.entries(patch)) {
    if (wanted === null) delete result[field];
    else if (wanted !== undefined) result[field] = mergePatched(result[field], wanted);
  }
  return result;
}

/** Like a merge patch, but lists with keys are merged item by item; `$patch: delete` in an item removes it. */
export function strategicPatched(kind: ApiKind, target: Json | undefined, patch: Json, path = ""): Json {
  if (isList(patch)) return strategicList(kind, isList(target) ? target : [], patch, path);
  if (!isObject(patch)) return patch;
  const result: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [field, wanted] of Object.entries(patch)) {
    if (field.startsWith("$")) continue;
    if (wanted === null) delete result[field];
    else if (wanted !== undefined) result[field] = strategicPatched(kind, result[field], wanted, below(path, field));
  }
  return result;
}

function strategicList(kind: ApiKind, target: readonly Json[], patch: readonly Json[], path: string): Json {
  const shape = listShape(kind, path);
  if (shape === "atomic") return patch;
  if (shape === "set") return [...target, ...patch.filter((item) => !target.some((other) => sameJson(item, other)))];
  const result = new Map(target.map((item) => [itemKey(item, shape), item]));
  for (const item of patch) {
    const key = itemKey(item, shape);
    if (isObject(item) && item["$patch"] === "delete") result.delete(key);
    else result.set(key, strategicPatched(kind, result.get(key), item, path));
  }
  return [...result.values()];
}

/** An operation of a JSON patch. */
interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/**
 * RFC 6902.
 * @throws {RangeError} where a path leads nowhere or a test does not hold.
 */
export function jsonPatched(target: JsonObject, patch: Json): Json {
  const operations = (isList(patch) ? patch : []) as readonly (Json & Operation)[];
  return operations.reduce<Json>((value, { op, path, from, value: wanted }) => {
    const steps = pointer(path);
    if (op === "test") return tested(value, steps, wanted ?? null);
    if (op === "remove") return edited(value, steps, { op });
    if (op === "add" || op === "replace") return edited(value, steps, { op, wanted: wanted ?? null });
    const source = pointer(from ?? "");
    const moved = valueAt(value, source);
    if (moved === undefined) throw new RangeError(`there is nothing at ${from ?? ""}`);
    return edited(op === "move" ? edited(value, source, { op: "remove" }) : value, steps, { op: "add", wanted: moved });
  }, target);
}

function pointer(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: Json | undefined, steps: readonly string[]): Json | undefined {
  return steps.reduce<Json | undefined>(
    (at, step) => (isList(at) ? at[Number(step)] : isObject(at) ? at[step] : undefined),
    value,
  );
}

function tested(value: Json, steps: readonly string[], wanted: Json): Json {
  if (!sameJson(valueAt(value, steps), wanted)) throw new RangeError(`the test of /${steps.join("/")} does not hold`);
  return value;
}

type Edit = { readonly op: "add" | "replace"; readonly wanted: Json } | { readonly op: "remove" };

function edited(value: Json | undefined, [step, ...rest]: readonly string[], edit: Edit): Json {
  if (step === undefined) return edit.op === "remove" ? null : edit.wanted;
  if (isList(value)) return editedList(value, step, rest, edit);
  if (isObject(value)) return editedObject(value, step, rest, edit);
  throw new RangeError(`there is no field ${step}`);
}

function editedList(list: readonly Json[], step: string, rest: readonly string[], edit: Edit): Json {
  const index = step === "-" ? list.length : Number(step);
  if (!(index >= 0 && index <= list.length)) throw new RangeError(`there is no item ${step}`);
  if (rest.length > 0) return list.with(index, edited(list[index], rest, edit));
  const items = edit.op === "remove" ? [] : [edit.wanted];
  return list.toSpliced(index, edit.op === "add" ? 0 : 1, ...items);
}

function editedObject(object: JsonObject, step: string, rest: readonly string[], edit: Edit): Json {
  const { [step]: inner, ...others } = object;
  if (inner === undefined && (rest.length > 0 || edit.op !== "add")) throw new RangeError(`there is no field ${step}`);
  if (rest.length > 0) return { ...object, [step]: edited(inner, rest, edit) };
  return edit.op === "remove" ? others : { ...object, [step]: edit.wanted };
}

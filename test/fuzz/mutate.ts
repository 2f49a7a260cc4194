import type { Chance } from "../simulation/chance.ts";
import { hostileKeys, hostileNumber, hostilePrefix, hostileText, hostileTime, hostileValue } from "./hostile.ts";

/** `any`: whatever JSON can say may come of it. `kept`: texts stay texts, lists lists, and no field that was there goes. */
export type Shape = "any" | "kept";

type Fields = Readonly<Record<string, unknown>>;

/** A copy of a value that JSON can say with so many changes; what is as it was is shared with it. */
export function mutated(
  value: unknown,
  chance: Chance,
  { times, shape = "any" }: { readonly times: number; readonly shape?: Shape },
): unknown {
  let result = value;
  for (let time = 0; time < times; time++) result = changed(result, chance, shape);
  return result;
}

function changed(value: unknown, chance: Chance, shape: Shape): unknown {
  if (Array.isArray(value)) {
    const at = chance.below(value.length);
    if (value.length > 0 && chance.happens(0.75)) return value.with(at, changed(value[at], chance, shape));
    return chance.happens(0.15) && shape === "any" ? hostileValue(chance) : changedList(value, chance, shape);
  }
  if (isFields(value)) {
    const keys = Object.keys(value);
    if (keys.length > 0 && chance.happens(0.85)) {
      const key = chance.pick(keys);
      return withField(value, key, changed(value[key], chance, shape));
    }
    if (shape === "kept") return value;
    return chance.happens(0.15) ? hostileValue(chance) : changedFields(value, keys, chance);
  }
  if (shape === "any" && chance.happens(0.25)) return hostileValue(chance);
  return changedLeaf(value, chance);
}

function changedLeaf(value: unknown, chance: Chance): unknown {
  if (typeof value === "number") return hostileNumber(chance);
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string") return value;
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return hostileTime(chance);
  if (/^[\da-f.:]+(\/\d+)?$/i.test(value) && chance.happens(0.7)) return hostilePrefix(chance);
  if (chance.happens(0.5)) return hostileText(chance);
  const at = chance.below(value.length + 1);
  return value.slice(0, at) + hostileText(chance) + value.slice(chance.happens(0.5) ? at : at + 1);
}

function changedList(list: readonly unknown[], chance: Chance, shape: Shape): unknown[] {
  const at = chance.below(list.length);
  switch (chance.below(5)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.length === 0 ? [...list] : [...list, list[at]];
    case 2:
      return list.toReversed();
    case 3: {
      const count = chance.pick([3, 30, 300, chance.happens(0.1) ? 8_000 : 100]);
      return list.length === 0 ? [...list] : Array.from({ length: count }, (_, index) => list[index % list.length]);
    }
    default:
      return shape === "kept" ? [] : list.toSpliced(at, 0, hostileValue(chance));
  }
}

function changedFields(value: Fields, keys: readonly string[], chance: Chance): unknown {
  switch (chance.below(4)) {
    case 0:
      return keys.length === 0 ? value : Object.fromEntries(Object.entries(value).filter(([key]) => key !== chance.pick(keys)));
    case 1:
      return withField(value, chance.pick(hostileKeys), hostileValue(chance));
    case 2:
      return keys.length < 2 ? value : withField(value, chance.pick(keys), value[chance.pick(keys)]);
    default:
      return [value];
  }
}

/** An own field, be it called `__proto__`, as JSON.parse would make it. */
function withField(value: Fields, key: string, field: unknown): Fields {
  return Object.fromEntries([...Object.entries(value).filter(([known]) => known !== key), [key, field]]);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

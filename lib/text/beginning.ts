import { isRecord } from "./json.ts";

/** A value as JSON; of what has more characters than `room` those at least, however large it is and however deep. Undefined for what JSON cannot say. */
export function beginningOf(value: unknown, room: number): string | undefined {
  if (room <= 0) return "";
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return JSON.stringify(value);
  let text = "";
  for (const key of Object.keys(value)) {
    if (text.length >= room) break;
    const name = isList ? "" : `${JSON.stringify(key.slice(0, room))}:`;
    text += `${text === "" ? "" : ","}${name}${beginningOf(Reflect.get(value, key), room - text.length - name.length - 1) ?? "null"}`;
  }
  return isList ? `[${text}]` : `{${text}}`;
}

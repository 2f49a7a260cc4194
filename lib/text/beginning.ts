/** A value as JSON; of what has more characters than `room` those at least, however large it is and however deep. Undefined for what JSON cannot say. */
export function beginningOf(value: unknown, room: number): string | undefined {
  if (room <= 0) return "";
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (!isRecord(value)) return JSON.stringify(value);
  const isList = Array.isArray(value);
  let text = "";
  for (const key of Object.keys(value)) {
    if (text.length >= room) break;
    const name = isList ? "" : `${JSON.stringify(key.slice(0, room))}:`;
    text += `${text === "" ? "" : ","}${name}${beginningOf(value[key], room - text.length - name.length - 1) ?? "null"}`;
  }
  return isList ? `[${text}]` : `{${text}}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

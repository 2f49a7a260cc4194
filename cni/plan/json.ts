/** The value that a JSON text stands for; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An own property of a value read from JSON; undefined where the value is no object or has none of that name. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

/** The properties of a value read from JSON in their order; none where it is no object. */
export function fields(value: unknown): [name: string, value: unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The elements of a value read from JSON; none where it is no list. */
export function elements(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

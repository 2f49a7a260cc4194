/** No configuration is longer, or nested deeper: what is could only cost time, or fell whoever follows it. */
const longest = 1_000_000;
const deepest = 500;

/** The value that a JSON text stands for; undefined when it is not JSON, or more of it than a configuration ever is. */
export function parseJson(text: string): unknown {
  if (text.length > longest || depthOf(text) > deepest) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value read from JSON is an object, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How deep brackets are nested at the most, those in texts among them. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[" || character === "{") most = Math.max(most, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return most;
}

/** An own property of a value read from JSON; undefined where the value is no object or has none of that name. */
export function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The properties of a value read from JSON in their order; none where it is no object. */
export function fields(value: unknown): [name: string, value: unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

/** The elements of a value read from JSON; none where it is no list. */
export function elements(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

import { compareText } from "../../lib/text/order.ts";
import { isRecord } from "../../lib/text/json.ts";

/** A value as JSON, its keys in order: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => compareText(a, b))) : inner,
  );
}

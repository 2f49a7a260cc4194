import type { renderRegistration } from "./registration.ts";

/** What has to be known of a registration in order to compare it; the API server adds more. */
export interface FoundRegistration {
  readonly metadata?: { readonly ownerReferences?: readonly { readonly uid: string }[] };
  readonly webhooks?: readonly { readonly name: string }[];
}

/** Why a registration is not as it is wanted, in words; undefined where it is. What only the API server knows of it does not count. */
export function registrationDiffers(
  wanted: ReturnType<typeof renderRegistration>,
  found: FoundRegistration | undefined,
): string | undefined {
  if (found === undefined) return "it is not registered";
  const owners = new Set(found.metadata?.ownerReferences?.map(({ uid }) => uid));
  const missing = wanted.metadata.ownerReferences?.find(({ uid }) => !owners.has(uid));
  if (missing !== undefined) return `it does not go with ${missing.kind} ${missing.name}`;
  const registered = found.webhooks ?? [];
  const names = new Set<string>(wanted.webhooks.map(({ name }) => name));
  const foreign = registered.find(({ name }) => !names.has(name));
  if (foreign !== undefined) return `webhook ${foreign.name} is not ours`;
  for (const webhook of wanted.webhooks) {
    const other = registered.find(({ name }) => name === webhook.name);
    if (other === undefined) return `webhook ${webhook.name} is missing`;
    const there = new Map<string, unknown>(Object.entries(other));
    const changed = Object.entries(webhook).find(([field, value]) => !isSame(value, there.get(field)));
    if (changed !== undefined) return `webhook ${webhook.name} has another ${changed[0]}`;
  }
  return undefined;
}

/** Whether two values are the same as JSON, however the fields of their objects are ordered. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, index) => isSame(value, b[index]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].every((field) => isSame(a[field], b[field]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

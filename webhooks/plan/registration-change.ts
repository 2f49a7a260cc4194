import type { ValidatingWebhookConfiguration } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { isRecord } from "../../lib/text/json.ts";
import type { renderRegistration } from "./registration.ts";

type Registration = ReturnType<typeof renderRegistration>;

/** What has to be known of a registration in order to compare it; the API server adds more. */
export interface FoundRegistration {
  readonly metadata?: {
    readonly ownerReferences?: readonly { readonly uid: string }[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly webhooks?: readonly { readonly name: string }[];
}

/**
 * What of a webhook is anybody's. AKS excludes its own namespaces from every webhook, and puts that back whenever it is taken away (others do alike). It costs
 * nothing to leave it: a kind without namespaces is asked about whatever a namespaceSelector says.
 */
const anybodys: readonly string[] = ["namespaceSelector"];

/** Why a registration is not as it is wanted, in words; undefined where it is. What only the API server knows of it does not count. */
export function registrationDiffers(wanted: Registration, found: FoundRegistration | undefined): string | undefined {
  if (found === undefined) return "it is not registered";
  const { annotations = {}, ownerReferences } = found.metadata ?? {};
  const owners = new Set(ownerReferences?.map(({ uid }) => uid));
  const missing = wanted.metadata.ownerReferences?.find(({ uid }) => !owners.has(uid));
  if (missing !== undefined) return `it does not go with ${missing.kind} ${missing.name}`;
  const lacking = Object.entries(wanted.metadata.annotations).find(([key, value]) => annotations[key] !== value);
  if (lacking !== undefined) return `it lacks the annotation ${lacking.join(": ")}`;
  const registered = found.webhooks ?? [];
  const names = new Set<string>(wanted.webhooks.map(({ name }) => name));
  const foreign = registered.find(({ name }) => !names.has(name));
  if (foreign !== undefined) return `webhook ${foreign.name} is not ours`;
  for (const webhook of wanted.webhooks) {
    const other = registered.find(({ name }) => name === webhook.name);
    if (other === undefined) return `webhook ${webhook.name} is missing`;
    const there = new Map<string, unknown>(Object.entries(other));
    const fields = Object.entries(webhook).filter(([field]) => !anybodys.includes(field));
    const changed = fields.find(([field, value]) => !isSame(value, there.get(field)));
    if (changed !== undefined) return `webhook ${webhook.name} has another ${changed[0]}`;
  }
  return undefined;
}

/** What is written in the place of a registration: all that is wanted, and what somebody else may have put there. */
export function registrationOver(
  wanted: Registration,
  found: Stored<ValidatingWebhookConfiguration>,
): Stored<ValidatingWebhookConfiguration> {
  const annotations = { ...found.metadata.annotations, ...wanted.metadata.annotations };
  const webhooks = wanted.webhooks.map((webhook) => {
    const there = found.webhooks?.find(({ name }) => name === webhook.name);
    return { ...webhook, namespaceSelector: there?.namespaceSelector ?? webhook.namespaceSelector };
  });
  return { ...found, metadata: { ...found.metadata, ...wanted.metadata, annotations }, webhooks };
}

/** Whether two values are the same as JSON, however the fields of their objects are ordered. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, index) => isSame(value, b[index]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].every((field) => isSame(a[field], b[field]));
}

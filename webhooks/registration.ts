import { fieldManagers } from "../crds/names.ts";
import { type ValidatingWebhookConfiguration, validatingWebhookConfigurations } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Stored } from "../lib/kube/resource.ts";
import { authorityFacts, parseBundle } from "./certificate-facts.ts";
import { hostOf, type RegisteredWebhook } from "./plan/acceptance.ts";
import { registrationName, type renderRegistration } from "./plan/registration.ts";

/** The registration as the API server holds it now. */
export function readRegistration(client: KubeClient): Promise<Stored<ValidatingWebhookConfiguration> | undefined> {
  return client.get(validatingWebhookConfigurations, registrationName);
}

/**
 * Writes it, where it is still the one that was read, or still absent.
 * @throws {KubeError} Conflict or AlreadyExists where it is not.
 */
export async function writeRegistration(
  client: KubeClient,
  wanted: ReturnType<typeof renderRegistration>,
  found: Stored<ValidatingWebhookConfiguration> | undefined,
): Promise<void> {
  const options = { fieldManager: fieldManagers.webhook };
  if (found === undefined) await client.create(validatingWebhookConfigurations, wanted, options);
  else await client.replace(validatingWebhookConfigurations, { ...found, webhooks: wanted.webhooks }, options);
}

/** What each webhook of a registration accepts. */
export function webhooksOf({ webhooks = [] }: ValidatingWebhookConfiguration): RegisteredWebhook[] {
  return webhooks.map(({ name, clientConfig }) => {
    const bundle = Buffer.from(clientConfig.caBundle ?? "", "base64").toString();
    return { name, host: hostOf(clientConfig), authorities: authorityFacts(parseBundle(bundle)) };
  });
}

/** The ids of the authorities that every webhook of it accepts. */
export function acceptedByAll(webhooks: readonly RegisteredWebhook[]): string[] {
  const [first, ...others] = webhooks.map(({ authorities }) => authorities.map(({ id }) => id));
  return (first ?? []).filter((id) => others.every((ids) => ids.includes(id)));
}

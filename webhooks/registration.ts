import { fieldManagers } from "../crds/names.ts";
import {
  clusterRoles,
  endpointSlices,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurations,
} from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { isKubeError } from "../lib/kube/errors.ts";
import type { OwnerReference, Stored } from "../lib/kube/resource.ts";
import { authorityFacts, parseBundle } from "./certificate-facts.ts";
import { hostOf, type RegisteredWebhook } from "./plan/acceptance.ts";
import { type Endpoint, notYet, ownerName, registrationName, type renderRegistration } from "./plan/registration.ts";
import { registrationOver } from "./plan/registration-change.ts";

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
  else await client.replace(validatingWebhookConfigurations, registrationOver(wanted, found), options);
}

/** Whether API servers ask a webhook of it; they ask none before a replica is known as ready for the first time. */
export function asksAnybody(registration: ValidatingWebhookConfiguration | undefined): boolean {
  const { webhooks = [] } = registration ?? {};
  return webhooks.some(({ matchConditions = [] }) => !matchConditions.some(({ name }) => name === notYet.name));
}

/** What the registration is to go with; undefined where it is not there, or may not be looked at. */
export async function readOwner(client: KubeClient): Promise<OwnerReference | undefined> {
  const role = await unlessForbidden(client.get(clusterRoles, ownerName));
  const { group, version, kind } = clusterRoles;
  return role && { apiVersion: `${group}/${version}`, kind, name: ownerName, uid: role.metadata.uid };
}

/**
 * Whether somebody answers where the API server would ask: behind a Service a replica that is ready. Where that may not be looked at, it is taken as so,
 * since rights may be of another version.
 */
export async function isAnswered(client: KubeClient, endpoint: Endpoint): Promise<boolean> {
  if (endpoint.by === "url") return true;
  const { namespace, name } = endpoint;
  const slices = await unlessForbidden(
    client.list(endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${name}` }),
  );
  if (slices === undefined) return true;
  return slices.items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
}

async function unlessForbidden<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isKubeError(error, "Forbidden")) return undefined;
    throw error;
  }
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

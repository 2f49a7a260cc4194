import { group, podNetworkResource, version } from "../../crds/names.ts";
import type { OwnerReference } from "../../lib/kube/resource.ts";

/** The one path that is served. */
export const reviewPath = "/validate/podnetworks";

/** Name of our ValidatingWebhookConfiguration. */
export const registrationName = "podnet";

/** Name of the ClusterRole that the registration goes with. */
export const ownerName = "podnet-webhook";

/** After so long the API server gives a review up. */
export const apiServerPatienceSeconds = 10;

/** How the API server reaches us: by a Service, or straight by an address. */
export type Endpoint =
  | { readonly by: "service"; readonly namespace: string; readonly name: string }
  | { readonly by: "url"; readonly host: string; readonly port: number };

/** The names and addresses the serving certificate must carry for an endpoint. */
export function namesFor(endpoint: Endpoint): string[] {
  if (endpoint.by === "url") return [endpoint.host];
  return [serviceHost(endpoint), `${serviceHost(endpoint)}.cluster.local`];
}

/** The name by which the API server knows a Service's certificate, e.g. `"podnet-webhook.kube-system.svc"`. */
export function serviceHost({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${name}.${namespace}.svc`;
}

/** With it API servers know whom to accept, and ask nobody. */
export const notYet = { name: "not-yet", expression: "false" };

/** By it the admissions enforcer of AKS leaves a registration alone; a label of that name and value would do as well. */
const leftAlone = { "admissions.enforcer/disabled": "true" };

export interface RegistrationPart {
  /** What it goes with. */
  readonly owner?: OwnerReference | undefined;
  /** False: `notYet`. */
  readonly isAsked?: boolean;
}

/** What kubectl names as the one that refused. */
const webhookNames = { writes: `podnetworks.${group}`, deletions: `deletions.podnetworks.${group}` } as const;

/**
 * The ValidatingWebhookConfiguration that makes the API server ask us, and accept what these authorities (PEM) signed.
 * Only PodNetworks, only where the spec changes and the object is not being deleted. While we are away no spec is written, but whatever happens to us, pods,
 * nodes and deletions are never held up. With its owner it goes when podnet is uninstalled: then nobody is there to ask.
 */
export function renderRegistration(
  endpoint: Endpoint,
  authorities: readonly string[],
  { owner, isAsked = true }: RegistrationPart = {},
) {
  const atAll = isAsked ? [] : [notYet];
  const webhook = (operations: readonly string[]) => ({
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    matchPolicy: "Equivalent",
    timeoutSeconds: apiServerPatienceSeconds,
    clientConfig: renderClient(endpoint, authorities),
    namespaceSelector: {},
    objectSelector: {},
    rules: [{ apiGroups: [group], apiVersions: [version], resources: [podNetworkResource.plural], operations, scope: "Cluster" }],
  });
  return {
    metadata: { name: registrationName, annotations: leftAlone, ...(owner !== undefined && { ownerReferences: [owner] }) },
    webhooks: [
      {
        ...webhook(["CREATE", "UPDATE"]),
        name: webhookNames.writes,
        failurePolicy: "Fail",
        matchConditions: [
          ...atAll,
          { name: "not-being-deleted", expression: "!has(object.metadata.deletionTimestamp)" },
          { name: "spec-changed", expression: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
        ],
      },
      {
        ...webhook(["DELETE"]),
        name: webhookNames.deletions,
        failurePolicy: "Ignore",
        matchConditions: [...atAll, { name: "not-being-deleted", expression: "!has(oldObject.metadata.deletionTimestamp)" }],
      },
    ],
  };
}

function renderClient(endpoint: Endpoint, authorities: readonly string[]) {
  const caBundle = Buffer.from(authorities.join("")).toString("base64");
  return endpoint.by === "url"
    ? { url: `https://${bracketed(endpoint.host)}:${endpoint.port}${reviewPath}`, caBundle }
    : { service: { namespace: endpoint.namespace, name: endpoint.name, path: reviewPath, port: 443 }, caBundle };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

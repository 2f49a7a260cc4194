import { group, podNetworkResource, version } from "../../crds/names.ts";

/** The one path that is served. */
export const reviewPath = "/validate/podnetworks";

/** Name of our ValidatingWebhookConfiguration. */
export const registrationName = "podnet";

/** How the API server reaches us: by a Service, or straight by an address. */
export type Endpoint =
  | { readonly by: "service"; readonly namespace: string; readonly name: string }
  | { readonly by: "url"; readonly host: string; readonly port: number };

/** The names and addresses the serving certificate must carry for an endpoint. */
export function namesFor(endpoint: Endpoint): string[] {
  if (endpoint.by === "url") return [endpoint.host];
  return [`${endpoint.name}.${endpoint.namespace}.svc`, `${endpoint.name}.${endpoint.namespace}.svc.cluster.local`];
}

/**
 * The ValidatingWebhookConfiguration that makes the API server ask us.
 * Only PodNetworks, only where the spec changes and the object is not being deleted: whatever happens to us, pods, nodes and
 * deletions are never held up.
 */
export function renderRegistration(endpoint: Endpoint, authorityCertificate: string) {
  return {
    metadata: { name: registrationName },
    webhooks: [
      {
        name: `podnetworks.${group}`,
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        matchPolicy: "Equivalent",
        timeoutSeconds: 5,
        clientConfig: {
          ...(endpoint.by === "url"
            ? { url: `https://${bracketed(endpoint.host)}:${endpoint.port}${reviewPath}` }
            : { service: { namespace: endpoint.namespace, name: endpoint.name, path: reviewPath, port: 443 } }),
          caBundle: Buffer.from(authorityCertificate).toString("base64"),
        },
        rules: [
          {
            apiGroups: [group],
            apiVersions: [version],
            resources: [podNetworkResource.plural],
            operations: ["CREATE", "UPDATE"],
            scope: "Cluster",
          },
        ],
        matchConditions: [
          { name: "not-being-deleted", expression: "!has(object.metadata.deletionTimestamp)" },
          { name: "spec-changed", expression: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
        ],
      },
    ],
  };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

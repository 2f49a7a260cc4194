import type { KubeObject, Resource } from "./resource.ts";

/** A condition of a core object, as in `Node.status.conditions`. */
export interface NodeCondition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastHeartbeatTime?: string;
}

/** Keeps pods that do not tolerate it off a Node. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** core/v1 Node: the part this project reads. */
export interface Node extends KubeObject {
  spec?: {
    podCIDR?: string;
    podCIDRs?: string[];
    providerID?: string;
    unschedulable?: boolean;
    taints?: Taint[];
  };
  status?: {
    addresses?: { type: string; address: string }[];
    conditions?: NodeCondition[];
    nodeInfo?: { machineID: string; bootID: string };
  };
}

/** core/v1 Pod: the part this project reads. */
export interface Pod extends KubeObject {
  status?: { phase?: string; podIPs?: { ip: string }[] };
}

/** coordination.k8s.io/v1 Lease; the times are RFC 3339 text with six digits behind the point. */
export interface Lease extends KubeObject {
  spec?: {
    /** Empty or missing: nobody's. */
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    /** How often the holder changed. */
    leaseTransitions?: number;
  };
}

/** What an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
}

/** events.k8s.io/v1 Event; nothing but its series ever changes. */
export interface Event extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  type: "Normal" | "Warning";
  regarding: ObjectReference;
  note: string;
  /** Set once it happened again; both count the first time, too. */
  series?: { count: number; lastObservedTime: string };
}

/** core/v1 Secret; values are base64. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** core/v1 ConfigMap. */
export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration: the part this project reads. */
export interface ValidatingWebhookConfiguration extends KubeObject {
  webhooks?: {
    name: string;
    namespaceSelector?: object;
    matchConditions?: { name: string; expression: string }[];
    clientConfig: {
      caBundle?: string;
      url?: string;
      service?: { name: string; namespace: string; path?: string; port?: number };
    };
  }[];
}

/** A schema as the API takes it (OpenAPI 3): the part this project reads. */
export interface StructuralSchema {
  type?: string;
  description?: string;
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema | boolean;
  enum?: unknown[];
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition: the part this project reads. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string };
    versions: { name: string; served: boolean; storage: boolean; schema?: { openAPIV3Schema?: StructuralSchema } }[];
  };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/** networking.k8s.io/v1 ServiceCIDR: the part this project reads. */
export interface ServiceCIDR extends KubeObject {
  spec?: { cidrs?: string[] };
}

/** core/v1 Service: the part this project reads. */
export interface Service extends KubeObject {
  spec?: { clusterIP?: string; clusterIPs?: string[] };
}

/** discovery.k8s.io/v1 EndpointSlice: the part this project reads. */
export interface EndpointSlice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null;
}

export const nodes: Resource<Node> = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };

export const pods: Resource<Pod> = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

export const secrets: Resource<Secret> = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

export const configMaps: Resource<ConfigMap> = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

export const leases: Resource<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};

export const events: Resource<Event> = {
  group: "events.k8s.io",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
};

export const validatingWebhookConfigurations: Resource<ValidatingWebhookConfiguration> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
  namespaced: false,
};

export const customResourceDefinitions: Resource<CustomResourceDefinition> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

export const serviceCIDRs: Resource<ServiceCIDR> = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "servicecidrs",
  kind: "ServiceCIDR",
  namespaced: false,
};

export const endpointSlices: Resource<EndpointSlice> = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
  kind: "EndpointSlice",
  namespaced: true,
};

/** Of which nothing but the identity is read. */
export const clusterRoles: Resource<KubeObject> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "clusterroles",
  kind: "ClusterRole",
  namespaced: false,
};

export const services: Resource<Service> = { group: "", version: "v1", plural: "services", kind: "Service", namespaced: true };

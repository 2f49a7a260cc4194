import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { compileSchema, type Schema } from "../../crds/schema.ts";
import { nodes, pods } from "../../lib/kube/builtin.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import type { ApiKind, ApiObject, ListShape } from "./api-kind.ts";

/** The part of a schema that says how lists and objects are merged. */
interface MergeSchema extends Schema {
  readonly properties?: Readonly<Record<string, MergeSchema>>;
  readonly items?: MergeSchema;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly scope: "Cluster" | "Namespaced";
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly subresources?: { readonly status?: object };
      readonly schema: { readonly openAPIV3Schema: MergeSchema };
    }[];
  };
}

const crdFolder = join(import.meta.dirname, "../../crds");
const metadataLists: readonly (readonly [string, ListShape])[] = [
  ["metadata.finalizers", "set"],
  ["metadata.ownerReferences", ["uid"]],
];

/** A kind of core or of another built-in group, with the lists that are merged by keys. */
export function builtinKind(resource: Resource<KubeObject>, part: Partial<ApiKind> = {}): ApiKind {
  return {
    resource,
    status: true,
    statusAtCreate: true,
    metadataByStatus: true,
    generation: false,
    unconditionalReplace: true,
    strategic: true,
    atomicObjects: new Set(),
    ...part,
    lists: new Map([...metadataLists, ...(part.lists ?? [])]),
  };
}

/** Nodes and Pods. A Pod is deleted at once, as with a grace period of 0. */
export function coreKinds(): ApiKind[] {
  return [
    builtinKind(nodes, {
      lists: new Map<string, ListShape>([
        ["status.conditions", ["type"]],
        ["status.addresses", ["type"]],
        ["spec.podCIDRs", "set"],
      ]),
    }),
    builtinKind(pods, {
      statusAtCreate: false,
      lists: new Map<string, ListShape>([
        ["status.conditions", ["type"]],
        ["status.podIPs", ["ip"]],
        ["spec.containers", ["name"]],
      ]),
    }),
  ];
}

/** Leases and Events, which are kept as they are written. */
export function otherKinds(): ApiKind[] {
  const kept = { version: "v1", namespaced: true } as const;
  const resources: readonly Resource<KubeObject>[] = [
    { ...kept, group: "coordination.k8s.io", plural: "leases", kind: "Lease" },
    { ...kept, group: "events.k8s.io", plural: "events", kind: "Event" },
    { ...kept, group: "", plural: "events", kind: "Event" },
  ];
  return resources.map((resource) => builtinKind(resource, { status: false }));
}

/** Rules that a kind has beside its schema, as CEL would have them; by plural. */
export type KindRules = Readonly<Record<string, NonNullable<ApiKind["admit"]>>>;

/** Every CustomResourceDefinition of this source tree, with its schema, its defaults and its list types; without pruning, and with no other rules than these. */
export function customKinds(rules: KindRules = {}): ApiKind[] {
  const files = readdirSync(crdFolder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => {
    const kind = customKind(parse(readFileSync(join(crdFolder, file), "utf8")));
    const admit = rules[kind.resource.plural];
    return admit === undefined ? kind : { ...kind, admit };
  });
}

/** The kind that a CustomResourceDefinition makes. */
export function customKind({ spec }: CustomResourceDefinition): ApiKind {
  const version = spec.versions[0];
  if (version === undefined) throw new TypeError(`${spec.names.kind} has no version`);
  const { kind, plural } = spec.names;
  const lists = new Map<string, ListShape>(metadataLists);
  const atomicObjects = new Set<string>();
  noteShapes(version.schema.openAPIV3Schema, "", lists, atomicObjects);
  return {
    resource: { group: spec.group, version: version.name, plural, kind, namespaced: spec.scope === "Namespaced" },
    status: version.subresources?.status !== undefined,
    statusAtCreate: false,
    metadataByStatus: false,
    generation: true,
    unconditionalReplace: false,
    strategic: false,
    lists,
    atomicObjects,
    check: schemaCheck(version.schema.openAPIV3Schema),
  };
}

function noteShapes(schema: MergeSchema, path: string, lists: Map<string, ListShape>, atomicObjects: Set<string>): void {
  if (schema["x-kubernetes-map-type"] === "atomic") atomicObjects.add(path);
  const type = schema["x-kubernetes-list-type"];
  if (type === "set") lists.set(path, "set");
  if (type === "map") lists.set(path, schema["x-kubernetes-list-map-keys"] ?? []);
  if (schema.items !== undefined) noteShapes(schema.items, path, lists, atomicObjects);
  for (const [field, inner] of Object.entries(schema.properties ?? {}))
    noteShapes(inner, path === "" ? field : `${path}.${field}`, lists, atomicObjects);
}

/** Compiles when it is first used, since that takes milliseconds. */
function schemaCheck(schema: Schema): (object: ApiObject) => string | undefined {
  let validate: ReturnType<typeof compileSchema> | undefined;
  return (object) => {
    validate ??= compileSchema(withUnions(schema));
    if (validate(object)) return undefined;
    const [error] = validate.errors ?? [];
    return `${(error?.instancePath ?? "").slice(1).replaceAll("/", ".")}: Invalid value: ${error?.message ?? "does not fit the schema"}`;
  };
}

/** `x-kubernetes-int-or-string`, as ajv has it. */
function withUnions(schema: MergeSchema): MergeSchema {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const kept = Object.entries(schema).filter(([key]) => key !== "anyOf" && key !== "x-kubernetes-int-or-string");
    return { ...Object.fromEntries(kept), type: ["integer", "string"] };
  }
  return {
    ...schema,
    ...(schema.items && { items: withUnions(schema.items) }),
    ...(schema.properties && {
      properties: Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, withUnions(value)])),
    }),
  };
}

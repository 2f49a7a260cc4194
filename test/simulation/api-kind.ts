import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import type { Json, JsonObject } from "./plain-json.ts";

/** Metadata of an object in the server. */
export interface ApiMeta extends JsonObject {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: JsonObject;
}

/** An object in the server. */
export interface ApiObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ApiMeta;
}

/** How a list is merged: whole, as a set of scalars, or by the fields that name an item. */
export type ListShape = "atomic" | "set" | readonly string[];

/** What the server knows of a kind. */
export interface ApiKind {
  readonly resource: Resource<KubeObject>;
  /** Whether the status is written by a subresource of its own. */
  readonly status: boolean;
  /** Whether a create may bring a status along, as that of a Node does. */
  readonly statusAtCreate: boolean;
  /** Whether a write of the status may change labels, annotations and finalizers, as that of a Node does. */
  readonly metadataByStatus: boolean;
  /** Whether a change of anything but metadata and status raises `metadata.generation`. */
  readonly generation: boolean;
  /** Whether a replace without a resourceVersion is taken. */
  readonly unconditionalReplace: boolean;
  /** Whether a strategic merge patch is taken. */
  readonly strategic: boolean;
  /** Path of a list, e.g. `"status.conditions"`, or `"spec.ranges.tags"` for a list inside each item → its shape; others are atomic. */
  readonly lists: ReadonlyMap<string, ListShape>;
  /** Paths of objects that are merged whole. */
  readonly atomicObjects: ReadonlySet<string>;
  /** Fills in defaults, in place; gives what is wrong with the schema of the object, undefined where nothing is. */
  readonly check?: (object: ApiObject) => string | undefined;
  /** Rules across fields and across time, as CEL has them: why a write is refused, undefined where it is not. */
  readonly admit?: (object: ApiObject, before: ApiObject | undefined) => string | undefined;
}

/** The shape of the list at a path. */
export function listShape(kind: ApiKind, path: string): ListShape {
  return kind.lists.get(path) ?? "atomic";
}

/** What names an item of a list with keys, e.g. `{"type":"Ready"}`. */
export function itemKey(item: Json, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (item as JsonObject)[key] ?? null));
}

/** Names a kind within a server, e.g. `"nodes."`, `"nodesubnets.podnet.dev"`. */
export function kindKey({ plural, group }: Resource<KubeObject>): string {
  return `${plural}.${group}`;
}

import { Ajv, type SchemaValidateFunction, type ValidateFunction } from "ajv";
import schemas from "./schemas.json" with { type: "json" };

/** The kinds that have a schema. */
export type KindName = keyof typeof schemas;

/** The part of an openAPIV3Schema that is read here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly additionalProperties?: Schema | boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
}

const dnsSubdomain = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const texts = { type: "object", additionalProperties: { type: "string" } };

/** What is read of metadata; the server checks the rest of it, and gives it more fields than these. */
export const metadataSchema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 253, pattern: dnsSubdomain, examples: ["default"] },
    uid: { type: "string" },
    resourceVersion: { type: "string" },
    generation: { type: "integer" },
    creationTimestamp: { type: "string" },
    deletionTimestamp: { type: "string" },
    finalizers: { type: "array", items: { type: "string" } },
    labels: texts,
    annotations: texts,
  },
};

/** The CRD's schema of a kind, as the API server would have it: metadata filled in, unknown fields refused. */
export function schemaFor(kind: KindName): Schema {
  const schema: Schema = schemas[kind];
  const properties = { ...schema.properties, metadata: { ...metadataSchema, additionalProperties: true } };
  return closed({ ...schema, required: ["metadata", "spec"], properties });
}

/** A time as RFC 3339 writes it, with its zone: without one it would be another moment on each machine. */
export const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Compiles a schema; the function it gives fills defaults in place and leaves what is wrong in its `errors`. Takes some milliseconds. */
export function compileSchema<T>(schema: Schema): ValidateFunction<T> {
  const ajv = new Ajv({ strict: true, allErrors: true, verbose: true, useDefaults: true, allowUnionTypes: true });
  ajv.addFormat("int32", { type: "number", validate: (value: number) => Math.abs(value) <= 2 ** 31 });
  ajv.addFormat("int64", { type: "number", validate: Number.isSafeInteger });
  ajv.addFormat("date-time", dateTime);
  ajv.addVocabulary(["x-kubernetes-validations", "x-kubernetes-map-type"]);
  ajv.addKeyword({ keyword: "x-kubernetes-list-type", type: "array", validate: uniqueIn("set"), errors: true });
  ajv.addKeyword({ keyword: "x-kubernetes-list-map-keys", type: "array", validate: uniqueKeys, errors: true });
  return ajv.compile<T>(schema);
}

/** Nobody mends more at a time than so many entries behind those that a list may have. */
const lookedAtBeyond = 100;

/** What becomes of fields that a schema does not know: a person's slip is to be said, and what another version of the schema took is nobody's slip. */
export type UnknownFields = "Refused" | "PassedOver";

/**
 * A copy without the nulls that the server drops: those of fields the schema knows. Of a list that is far too long it has as much as shows that.
 * Fields that are passed over are not in it.
 */
export function readable(value: unknown, schema: Schema, unknownFields: UnknownFields): unknown {
  const { items, maxItems = Infinity } = schema;
  if (Array.isArray(value)) {
    const some = value.slice(0, maxItems + lookedAtBeyond);
    return items === undefined ? some : some.map((item) => readable(item, items, unknownFields));
  }
  if (typeof value !== "object" || value === null) return value;
  const kept: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const known = schemaOf(key, schema);
    if (known !== undefined) {
      if (item !== null) kept.push([key, readable(item, known, unknownFields)]);
      // What no schema is known of may be nested as deep as it likes.
    } else if (unknownFields === "Refused" || schema.additionalProperties !== false) kept.push([key, item]);
  }
  return Object.fromEntries(kept);
}

/** Asked for what is the schema's own: `constructor` is the name of a field like any other. */
function schemaOf(field: string, { properties = {}, additionalProperties }: Schema): Schema | undefined {
  if (Object.hasOwn(properties, field)) return properties[field];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function closed(schema: Schema): Schema {
  if (schema["x-kubernetes-int-or-string"] === true) return intOrString(schema);
  const open = schema.properties === undefined || schema.additionalProperties !== undefined;
  return {
    ...schema,
    ...(schema.properties && {
      properties: Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, closed(value)])),
    }),
    ...(schema.items && { items: closed(schema.items) }),
    ...(!open && { additionalProperties: false }),
  };
}

/** The server's way to say it is `anyOf`, which would give two errors for one mistake. */
function intOrString(schema: Schema): Schema {
  const kept = Object.entries(schema).filter(([key]) => key !== "anyOf" && key !== "x-kubernetes-int-or-string");
  return { ...Object.fromEntries(kept), type: ["integer", "string"] };
}

function uniqueKeys(keys: readonly string[], list: readonly Record<string, unknown>[]): boolean {
  const complete = list.filter((item) => keys.every((key) => item?.[key] !== undefined));
  return complete.length < list.length || unique(uniqueKeys, list, (item) => keyOf(keys.map((key) => item[key])));
}

function uniqueIn(wanted: string): SchemaValidateFunction {
  const check: SchemaValidateFunction = (type: string, list: readonly unknown[]) =>
    type !== wanted || unique(check, list, (item) => keyOf([item]));
  return check;
}

/** What two entries of a list must not share; undefined where it is of a type that is wrong anyway, and may be of any size. */
function keyOf(parts: readonly unknown[]): string | undefined {
  return parts.some((part) => typeof part === "object") ? undefined : JSON.stringify(parts);
}

/** Leaves one error per repeated entry in `check.errors`, where ajv looks for them. */
function unique<T>(check: SchemaValidateFunction, list: readonly T[], keyOf: (item: T) => string | undefined): boolean {
  const seen = new Set<string>();
  const repeated = list.flatMap((item, index) => {
    const key = keyOf(item);
    return key === undefined || seen.size < seen.add(key).size ? [] : [index];
  });
  check.errors = repeated.map((index) => ({ keyword: "duplicate", params: { index, entry: list[index] } }));
  return repeated.length === 0;
}

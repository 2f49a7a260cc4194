import { isRecord } from "../lib/text/json.ts";
import { apiVersion } from "./names.ts";
import { parseServedPodNetwork } from "./parse.ts";
import { compileSchema, readable, type Schema, schemaFor } from "./schema.ts";
import type { PodNetwork, PodNetworkRange, PodNetworkReserved, PodNetworkSpec, PodNetworkStaticSubnet } from "./types.ts";

/** A range that is right, since without one nothing else of a spec is read. */
const anyRange = { cidr: "10.0.0.0/8", nodePrefixLength: 24 };

/** Read entry by entry: one that is odd must not hide the others. */
const readers = {
  ranges: entriesReader<PodNetworkRange>("ranges"),
  reserved: entriesReader<PodNetworkReserved>("reserved"),
  staticSubnets: entriesReader<PodNetworkStaticSubnet>("staticSubnets"),
};

/**
 * What of a stored spec that is not as its schema wants it can be gone by all the same: each field that is right by itself, of the others the default; of its
 * ranges, reserved prefixes and static subnets each entry that says what such an entry must, and of an entry what is known. Such a spec can stand where another
 * version of the CRD took it. It may have no ranges, or a hundred more than the
 * schema allows.
 */
export function readableSpec(spec: unknown): PodNetworkSpec {
  const given = new Map(isRecord(spec) ? Object.entries(spec) : []);
  const read = (some: Readonly<Record<string, unknown>>) =>
    parseServedPodNetwork({ apiVersion, kind: "PodNetwork", metadata: { name: "any" }, spec: { ...some, ranges: [anyRange] } })
      .value?.spec;
  // Whatever else is written there, and however much, is no field.
  const fields = Object.keys(specSchema().properties ?? {}).filter((field) => !(field in readers));
  const right = fields.filter((field) => given.has(field) && read({ [field]: given.get(field) }) !== undefined);
  const found = read(Object.fromEntries(right.map((field) => [field, given.get(field)]))) ?? read({});
  if (found === undefined) throw new Error("the schema of PodNetwork takes no defaults");
  const reserved = readers.reserved(given.get("reserved"));
  const staticSubnets = readers.staticSubnets(given.get("staticSubnets"));
  return {
    ...found,
    ranges: readers.ranges(given.get("ranges")),
    ...(reserved.length > 0 && { reserved }),
    ...(staticSubnets.length > 0 && { staticSubnets }),
  };
}

/** A stored network that can be gone by: itself where it is as its schema wants it, else with what of its spec can be read. */
export function readableNetwork<T extends PodNetwork>(stored: T): T {
  const { apiVersion, kind, metadata, spec } = stored;
  const parsed = parseServedPodNetwork({ apiVersion, kind, metadata: { name: metadata.name }, spec });
  return { ...stored, spec: parsed.value?.spec ?? readableSpec(spec) };
}

function specSchema(): Schema {
  return schemaFor("PodNetwork").properties?.["spec"] ?? {};
}

/** Gives of a list each entry with the fields that are known, or, where one of these is odd, with those alone that it must have, and defaults. */
function entriesReader<T>(list: string): (given: unknown) => T[] {
  let isRight: ReturnType<typeof compileSchema<T>> | undefined;
  return (given) => {
    const { items: schema = {}, ...ofList } = specSchema().properties?.[list] ?? {};
    // No more of it than shows that it is far too long: rules compare each entry with each.
    const some = readable(given, { ...ofList, items: schema }, "PassedOver");
    if (!Array.isArray(some)) return [];
    const check = (isRight ??= compileSchema<T>(schema));
    return some.flatMap((entry: unknown): T[] => {
      for (const fields of [Object.keys(schema.properties ?? {}), schema.required ?? []]) {
        const known = pick(entry, fields);
        if (check(known)) return [known];
      }
      return [];
    });
  };
}

function pick(entry: unknown, fields: readonly string[]): unknown {
  return isRecord(entry) ? Object.fromEntries(Object.entries(entry).filter(([field]) => fields.includes(field))) : entry;
}

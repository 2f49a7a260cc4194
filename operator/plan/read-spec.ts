import { apiVersion } from "../../crds/names.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import { schemaFor } from "../../crds/schema.ts";
import type { PodNetworkSpec } from "../../crds/types.ts";

/** A range that is right, since without one nothing else of a spec is read. */
const anyRange = { cidr: "10.0.0.0/8", nodePrefixLength: 24 };

/** Whatever else is written there, and however much, is no field. */
const fields = Object.keys(schemaFor("PodNetwork").properties?.["spec"]?.properties ?? {}).filter((field) => field !== "ranges");

/**
 * What of a stored spec that is not as its schema wants it can be gone by all the same: each field that is right by itself, of the others the default. It has no
 * ranges. Such a spec can stand where another version of the CRD took it.
 */
export function readableSpec(spec: unknown): PodNetworkSpec {
  const given = new Map<string, unknown>(typeof spec === "object" && spec !== null ? Object.entries(spec) : []);
  const read = (fields: Readonly<Record<string, unknown>>) =>
    parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata: { name: "any" }, spec: { ...fields, ranges: [anyRange] } }).value
      ?.spec;
  const right = fields.filter((field) => given.has(field) && read({ [field]: given.get(field) }) !== undefined);
  const found = read(Object.fromEntries(right.map((field) => [field, given.get(field)]))) ?? read({});
  if (found === undefined) throw new Error("the schema of PodNetwork takes no defaults");
  return { ...found, ranges: [] };
}

import type { CustomResourceDefinition, StructuralSchema } from "../../lib/kube/builtin.ts";

/**
 * What is to become of a definition of the cluster. `leave`: it knows all that ours does, and more, so it is of a newer podnet. `refuse`: each knows what the other does not, which no
 * two versions of podnet do.
 */
export type CrdChange =
  | { readonly act: "create" }
  | { readonly act: "apply" }
  | { readonly act: "leave"; readonly beyond: readonly string[] }
  | { readonly act: "refuse"; readonly beyond: readonly string[]; readonly lacking: readonly string[] };

/**
 * Decides by the words that both know, not by a number of a version: a schema that lacks a field makes the API server drop that field from every object that is written again, whoever
 * applied the schema, and whatever it says of its version.
 * @param ours as this program carries it
 * @param found as the cluster has it
 */
export function planCrdChange(ours: CustomResourceDefinition, found: CustomResourceDefinition | undefined): CrdChange {
  if (found === undefined) return { act: "create" };
  const [known, there] = [wordsOf(ours), wordsOf(found)];
  const beyond = [...there.difference(known)];
  if (beyond.length === 0) return { act: "apply" };
  const lacking = [...known.difference(there)];
  return lacking.length === 0 ? { act: "leave", beyond } : { act: "refuse", beyond, lacking };
}

/** Every field that a definition keeps and every value that one of its lists of values takes, e.g. `"v1alpha1 spec.ranges[].state=Draining"`. */
export function wordsOf({ spec: { versions } }: CustomResourceDefinition): Set<string> {
  return new Set(versions.flatMap(({ name, schema }) => wordsBelow(`${name} `, schema?.openAPIV3Schema)));
}

function wordsBelow(path: string, schema: StructuralSchema | undefined): string[] {
  if (schema === undefined) return [path.trimEnd()];
  const { properties = {}, items, additionalProperties, enum: values = [] } = schema;
  const inner = (name: string, part: StructuralSchema) =>
    wordsBelow(/[ ]$/.test(path) ? `${path}${name}` : `${path}.${name}`, part);
  return [
    path.trimEnd(),
    ...values.map((value) => `${path}=${String(value)}`),
    ...Object.entries(properties).flatMap(([name, part]) => inner(name, part)),
    ...(items === undefined ? [] : wordsBelow(`${path}[]`, items)),
    ...(typeof additionalProperties === "object" ? wordsBelow(`${path}{}`, additionalProperties) : []),
  ];
}

import type { Issue, Parsed } from "../../crds/issue.ts";
import { compileSchema, metadataSchema, type Schema } from "../../crds/schema.ts";
import { schemaIssue } from "../../crds/schema-issue.ts";
import type { PodNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";

const text: Schema = { type: "string" };
const open = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: "object",
  required,
  properties,
});
const listOf = (items: Schema): Schema => ({ type: "array", items });

/** Of a Node what a snapshot keeps. */
const nodeParts = {
  spec: open({
    podCIDR: text,
    podCIDRs: listOf(text),
    taints: listOf(open({ key: text, value: text, effect: text }, ["key", "effect"])),
  }),
  status: open({
    nodeInfo: open({ machineID: text, bootID: text }),
    addresses: listOf(open({ type: text, address: text }, ["type", "address"])),
    conditions: listOf(open({ type: text, status: text, reason: text }, ["type", "status"])),
  }),
};

/** A Node of a snapshot, or what of it is not as the API server gives Nodes. */
export const parseNode = parserFor<Node>(nodeParts);

/** A PodNetwork that is wrong stands in the cluster as it is, and plans read it; only its frame has to be right. */
export const parseStoredNetwork = parserFor<PodNetwork>({ spec: { type: "object" } });

/** Compiles the schema when the parser is first used. */
function parserFor<T>(parts: Readonly<Record<string, Schema>>): (input: unknown) => Parsed<T> {
  let validate: ReturnType<typeof compileSchema<T>> | undefined;
  return (input) => {
    validate ??= compileSchema<T>(
      open({ metadata: { ...metadataSchema, additionalProperties: true }, ...parts }, ["metadata", "spec"]),
    );
    if (validate(input)) return { value: input };
    const [first, ...others] = (validate.errors ?? []).slice(0, 10).map((error): Issue => schemaIssue(error, input));
    if (first === undefined) throw new Error("a schema refuses without an error");
    return { issues: [first, ...others] };
  };
}

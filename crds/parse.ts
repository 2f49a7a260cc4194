import type { ValidateFunction } from "ajv";
import type { Issue, Parsed } from "./issue.ts";
import { apiVersion } from "./names.ts";
import { compileSchema, type KindName, readable, schemaFor, type UnknownFields } from "./schema.ts";
import { schemaIssue, show } from "./schema-issue.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "./types.ts";

/** What anyone handed in, e.g. read from a file → a PodNetwork with its defaults, or the issues its schema finds, the first hundred. Rules across fields: `validatePodNetwork`. */
export const parsePodNetwork = parserFor<PodNetwork>("PodNetwork");

/**
 * The same for what the API server gave, which has no field left that its own definition does not know: one that is unknown here is of a newer version of
 * podnet, perhaps only by its default, so it is passed over and not in the result.
 */
export const parseServedPodNetwork = parserFor<PodNetwork>("PodNetwork", "PassedOver");

/** The same for a NodeSubnet. */
export const parseNodeSubnet = parserFor<NodeSubnet>("NodeSubnet");

/** The same for a NodeNetwork. */
export const parseNodeNetwork = parserFor<NodeNetwork>("NodeNetwork");

/** The same for a RangeLedger. */
export const parseRangeLedger = parserFor<RangeLedger>("RangeLedger");

/** Nobody mends more at a time; without a limit an object of a megabyte could have a hundred times as much said of it. */
const mostIssues = 100;

/** Compiles the schema when the parser is first used, since that takes milliseconds most processes never need. */
function parserFor<T>(kind: KindName, unknownFields: UnknownFields = "Refused"): (input: unknown) => Parsed<T> {
  const schema = schemaFor(kind);
  let validate: ValidateFunction<T> | undefined;
  return (input) => {
    const wrong = wrongKind(kind, input);
    if (wrong !== undefined) return { issues: [wrong] };
    validate ??= compileSchema<T>(schema);
    const value = readable(input, schema, unknownFields);
    if (validate(value)) return { value };
    const [first, ...others] = (validate.errors ?? []).slice(0, mostIssues).map((error) => schemaIssue(error, value));
    if (first === undefined) throw new Error(`the schema of ${kind} refuses without an error`);
    return { issues: [first, ...others] };
  };
}

function wrongKind(kind: KindName, input: unknown): Issue | undefined {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    const message = `${show(input)} is no object; write one with apiVersion ${apiVersion} and kind ${kind}`;
    return { path: "", code: "WrongType", message };
  }
  for (const [path, wanted] of Object.entries({ apiVersion, kind })) {
    const have = Object.entries(input).find(([key]) => key === path)?.[1];
    if (have !== wanted) return { path, code: "WrongKind", message: `${show(have)} is not read here; write ${wanted}` };
  }
  return undefined;
}

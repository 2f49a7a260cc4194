import { isRecord } from "../lib/text/json.ts";
import type { Issue, IssueCode } from "./issue.ts";
import { beginningOf } from "../lib/text/beginning.ts";
import { printable } from "../lib/text/printable.ts";

/** What the schema's compiled form says about one thing wrong: JSON Schema's words, with what they were said about. */
export interface SchemaError {
  /** e.g. `"required"` */
  readonly keyword: string;
  /** JSON pointer, e.g. `"/spec/ranges/0"`. */
  readonly instancePath: string;
  /** Which property, what limit, …, by keyword. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly parentSchema?: object;
}

/** The schema around an error, as far as remedies quote it. */
interface Context {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly string[];
  readonly properties?: Readonly<Record<string, Context>>;
}

/** `value` is what the error is about, as text; `param(name)` one of its parameters. */
type Wording = (value: string, param: (name: string) => string, context: Context) => string;

/** JSON Schema's keyword → our code, and the clause that names value and remedy. */
const wordings: Readonly<Record<string, readonly [IssueCode, Wording]>> = {
  required: ["Required", (_, param, context) => `is missing; set it${hint(context.properties?.[param("missingProperty")])}`],
  additionalProperties: ["UnknownField", (_, __, context) => `is not a field; remove it or write one of ${fields(context)}`],
  type: ["WrongType", (value, param) => `${value} is of the wrong type; write a value of type ${param("type")}`],
  enum: ["NotSupported", (value, param) => `${value} is not supported; write one of ${param("allowedValues")}`],
  minimum: ["OutOfBounds", (value, param) => `${value} is too small; use ${param("limit")} or more`],
  maximum: ["OutOfBounds", (value, param) => `${value} is too large; use ${param("limit")} or less`],
  minLength: ["OutOfBounds", (value, param) => `${value} is too short; use ${param("limit")} or more characters`],
  maxLength: ["OutOfBounds", (value, param) => `${value} is too long; use ${param("limit")} or fewer characters`],
  minItems: ["OutOfBounds", (value, param) => `${value} has too few entries; give ${param("limit")} or more`],
  maxItems: ["OutOfBounds", (value, param) => `${value} has too many entries; give ${param("limit")} or fewer`],
  maxProperties: ["OutOfBounds", (value, param) => `${value} has too many entries; give ${param("limit")} or fewer`],
  pattern: ["WrongPattern", (value, param, context) => `${value} does not match ${param("pattern")}${example(context)}`],
  format: ["WrongFormat", (value, param) => `${value} is not of format ${param("format")}; correct it`],
  duplicate: ["Duplicate", (_, param) => `${param("entry")} stands in the list twice; remove one`],
};

/**
 * What the schema found wrong with `root`, in our words.
 * @throws {Error} for a keyword that has no words yet; a schema must not use one.
 */
export function schemaIssue(error: SchemaError, root: unknown): Issue {
  const known = wordings[error.keyword];
  if (known === undefined) throw new Error(`no wording for the schema keyword "${error.keyword}"`);
  const [code, wording] = known;
  const param = (name: string) => textOf(error.params[name]);
  const { missingProperty, additionalProperty, index } = error.params;
  const inside = [missingProperty, additionalProperty, index].filter((step) => step !== undefined).map(textOf);
  const steps = error.instancePath.split("/").slice(1).map(decodePointer);
  return {
    path: renderPath([...steps, ...inside], root),
    code,
    message: wording(show(error.data), param, error.parentSchema ?? {}),
  };
}

/** A value as JSON, cut to what a message can hold, as people may see it. */
export function show(value: unknown): string {
  const text = beginningOf(value, longestShown + 1) ?? "nothing";
  return printable(text.length > longestShown ? `${text.slice(0, longestShown - 3)}...` : text);
}

const longestShown = 80;

/** As Kubernetes writes paths: an index in brackets, any other step, a label's number among them, behind a dot. */
function renderPath(steps: readonly string[], root: unknown): string {
  let path = "";
  let at = root;
  for (const step of steps) {
    if (Array.isArray(at)) {
      path += `[${step}]`;
      at = at[Number(step)];
    } else {
      path += path === "" ? step : `.${step}`;
      at = isRecord(at) ? at[step] : undefined;
    }
  }
  return path;
}

function decodePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function textOf(param: unknown): string {
  if (Array.isArray(param)) return param.join(", ");
  return typeof param === "string" ? param : show(param);
}

function hint(field: Context | undefined): string {
  return field?.description === undefined ? "" : `: ${field.description}`;
}

function fields(context: Context): string {
  return Object.keys(context.properties ?? {}).join(", ");
}

function example(context: Context): string {
  const value = context.default ?? context.examples?.[0];
  return value === undefined ? "; correct it" : `; write e.g. ${textOf(value)}`;
}

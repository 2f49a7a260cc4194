import { beginningOf } from "../../text/beginning.ts";
import { parseAddress } from "../../net/address.ts";

/** A tool printed something that its reader does not know: another version, or a mistake of ours. */
export class UnexpectedOutput extends Error {
  override readonly name = "UnexpectedOutput";
  readonly code = "UnexpectedOutput";
  readonly retry = "backoff";

  /** @param source the command, e.g. `"ip route show"`; @param what the field and its value, in words. */
  constructor(source: string, what: string) {
    super(`${source} printed what we cannot read: ${what.slice(0, 500)}; check that the tool's version is one podnet supports`);
  }
}

/** One JSON object of a tool's output; its readers throw `UnexpectedOutput` naming the tool and the field. */
export interface Row {
  /** Not where it is false: newer versions of a tool say so of what older ones leave out. */
  has(field: string): boolean;
  text(field: string): string;
  number(field: string): number;
  /** A whole number that is not negative. */
  count(field: string): number;
  /** The name of an interface, as far as it can stand in a command. */
  device(field: string): string;
  /** The text of an IP address, in any spelling. */
  address(field: string): string;
  flag(field: string): boolean;
  texts(field: string): readonly string[];
  row(field: string): Row;
  rows(field: string): readonly Row[];
}

/**
 * The objects of a JSON list, or of several lists one after the other, a line each, as `ip -j -batch` prints them.
 * Empty objects are left out: `ip -j` prints them in place of what its filter hid.
 */
export function parseRows(source: string, text: string): Row[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => rowsOf(source, "the whole output", parseJson(source, line)));
}

function parseJson(source: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedOutput(source, `not JSON: ${text.slice(0, 200)}`);
  }
}

function rowsOf(source: string, field: string, value: unknown): Row[] {
  if (!Array.isArray(value)) throw unexpected(source, field, value, "a list");
  return value.flatMap((item: unknown) => {
    if (!isFields(item)) throw unexpected(source, field, item, "a list of objects");
    return Object.keys(item).length === 0 ? [] : [new JsonRow(source, item)];
  });
}

/** Of a class, since there are thousands: closures for each would be most of what a look at a large node allocates. */
class JsonRow implements Row {
  readonly #source: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(source: string, fields: Readonly<Record<string, unknown>>) {
    this.#source = source;
    this.#fields = fields;
  }

  has(field: string): boolean {
    const value = this.#fields[field];
    return value !== undefined && value !== false;
  }
  text(field: string): string {
    return this.#get(field, "text", isText);
  }
  number(field: string): number {
    return this.#get(field, "a number", isNumber);
  }
  count(field: string): number {
    return this.#get(field, "a whole number", isCount);
  }
  device(field: string): string {
    return this.#get(field, "the name of an interface", isDevice);
  }
  address(field: string): string {
    return this.#get(field, "an IP address", isAddress);
  }
  flag(field: string): boolean {
    return this.#get(field, "true or false", isFlag);
  }
  texts(field: string): readonly string[] {
    return this.#get(field, "a list of texts", isTexts);
  }
  row(field: string): Row {
    return new JsonRow(this.#source, this.#get(field, "an object", isFields));
  }
  rows(field: string): readonly Row[] {
    return rowsOf(this.#source, field, this.#fields[field]);
  }

  #get<T>(field: string, wanted: string, is: (value: unknown) => value is T): T {
    const value = this.#fields[field];
    if (!is(value)) throw unexpected(this.#source, field, value, wanted);
    return value;
  }
}

function unexpected(source: string, field: string, value: unknown, wanted: string): UnexpectedOutput {
  return new UnexpectedOutput(source, `field "${field}" is ${shown(value)}, expected ${wanted}`);
}

const longestShown = 200;

/** A value as JSON, cut, however large it is and however deep. */
function shown(value: unknown): string {
  return beginningOf(value, longestShown)?.slice(0, longestShown) ?? "absent";
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && isNumber(value) && value >= 0;
/** Linux takes any but those with a slash, a colon or a space; of those with what ends a word elsewhere we write none. */
export const isDevice = (value: unknown): value is string =>
  isText(value) && /^[^\s\p{Cc}/:"'\\#;-][^\s\p{Cc}/:"'\\#;]{0,14}$/u.test(value);
const isAddress = (value: unknown): value is string => isText(value) && parseAddress(value) !== undefined;
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

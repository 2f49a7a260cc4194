/** How one setting is read. */
export interface Setting<V> {
  /** Environment variable, e.g. `"PODNET_LOG_LEVEL"`. */
  readonly env: string;
  /** One sentence for the reference. */
  readonly help: string;
  /** Text of the default; undefined: none. */
  readonly fallback: string | undefined;
  readonly optional: boolean;
  /** What is accepted, in words, e.g. `"a whole number from 1 to 65535"`. */
  readonly accepts: string;
  /** undefined: not accepted. */
  readonly parse: (text: string) => V | undefined;
}

/** Name in code → setting. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** Name in code → value. */
export type SettingValues<T extends SettingTable> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

/** What every kind of setting is declared with; without a fallback it is required. */
export interface SettingText {
  readonly env: string;
  readonly help: string;
  readonly fallback?: string;
}

/** One or more variables that are missing or wrong; the message has a line for each. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `cannot start, ${problems.length === 1 ? "one setting is" : `${problems.length} settings are`} wrong:\n  ${problems.join("\n  ")}`,
    );
    this.problems = problems;
  }
}

/** Any text but the empty one. */
export function text(options: SettingText): Setting<string> {
  return setting(options, "a text", (value) => value);
}

/** Any text, or nothing. */
export function optionalText(options: Omit<SettingText, "fallback">): Setting<string | undefined> {
  return { ...setting(options, "a text", (value) => value), optional: true };
}

/** A whole number within bounds, both included. */
export function integer(options: SettingText & { readonly min: number; readonly max: number }): Setting<number> {
  return setting(options, `a whole number from ${options.min} to ${options.max}`, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= options.min && number <= options.max ? number : undefined;
  });
}

/** Yes or no. */
export function flag(options: SettingText): Setting<boolean> {
  return setting(options, "true or false", (value) => (value === "true" ? true : value === "false" ? false : undefined));
}

/** One of a few words. */
export function choice<const C extends string>(options: SettingText & { readonly of: readonly C[] }): Setting<C> {
  return setting(options, `one of ${options.of.join(", ")}`, (value) => options.of.find((word) => word === value));
}

/** Where to listen, e.g. `"127.0.0.1:9440"` or `"[::]:9440"`. */
export function listenAddress(options: SettingText): Setting<{ readonly host: string; readonly port: number }> {
  return setting(options, 'an address and a port, e.g. "127.0.0.1:9440" or "[::]:9440"', (value) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(value) ?? [];
    const host = bracketed ?? plain;
    return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
  });
}

/**
 * The values of a table, read from the process environment unless another is given; an empty variable counts as unset.
 * @throws {SettingsError} naming every wrong or missing variable, its value and what is accepted.
 */
export function readSettings<T extends SettingTable>(table: T, env: NodeJS.ProcessEnv = process.env): SettingValues<T> {
  const problems: string[] = [];
  const values = Object.entries(table).map(([name, setting]): readonly unknown[] => {
    const given = env[setting.env] === "" ? undefined : env[setting.env];
    const used = given ?? setting.fallback;
    const value = used === undefined ? undefined : setting.parse(used);
    if (value === undefined && !(used === undefined && setting.optional)) {
      const found = used === undefined ? "not set" : JSON.stringify(used);
      problems.push(`${setting.env} is ${found}: set it to ${setting.accepts}. ${setting.help}`);
    }
    return [name, value];
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.fromEntries(values);
}

/** The table for people, as Markdown: variable, default, what is accepted, meaning. */
export function renderSettings(table: SettingTable): string {
  const rows = Object.values(table).map(({ env, fallback, optional, accepts, help }) => {
    const unset = optional ? "none" : "required";
    return `| \`${env}\` | ${fallback === undefined ? unset : `\`${fallback}\``} | ${accepts} | ${help} |`;
  });
  return ["| variable | default | accepts | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function setting<V>(options: SettingText, accepts: string, parse: (text: string) => V | undefined): Setting<V> {
  return { env: options.env, help: options.help, fallback: options.fallback, optional: false, accepts, parse };
}

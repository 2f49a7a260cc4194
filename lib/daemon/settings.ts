/** How one setting is read. */
export interface Setting<V> {
  /** Environment variable, e.g. `"PODNET_LOG_LEVEL"`. */
  readonly env: string;
  /** One sentence for the reference. */
  readonly help: string;
  /** Text of the default; undefined: required, unless optional. */
  readonly fallback: string | undefined;
  readonly optional: boolean;
  /** What is accepted, in words, e.g. `"a whole number from 1 to 65535"`. */
  readonly accepts: string;
  /** undefined: not accepted. */
  readonly parse: (text: string) => V | undefined;
}

/** Name in code → setting. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

export type SettingValues<T extends SettingTable> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

interface SettingText {
  readonly env: string;
  readonly help: string;
  readonly fallback?: string;
}

export declare function text(options: SettingText): Setting<string>;
export declare function optionalText(options: Omit<SettingText, "fallback">): Setting<string | undefined>;
export declare function integer(options: SettingText & { readonly min: number; readonly max: number }): Setting<number>;
export declare function flag(options: SettingText): Setting<boolean>;
export declare function choice<const C extends string>(options: SettingText & { readonly of: readonly C[] }): Setting<C>;
/** `host:port`, e.g. `"127.0.0.1:9440"`, `"[::]:9440"`. */
export declare function listenAddress(options: SettingText): Setting<{ readonly host: string; readonly port: number }>;

/**
 * The values of a table, read from the process environment unless another is given; an empty variable counts as unset.
 * @throws {SettingsError} naming every wrong or missing variable, its value and what is accepted.
 */
export declare function readSettings<T extends SettingTable>(table: T, env?: NodeJS.ProcessEnv): SettingValues<T>;

/** The table for docs and `--help`: name, default, meaning; as Markdown. */
export declare function renderSettings(table: SettingTable): string;

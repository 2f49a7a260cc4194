export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** The only names a log line's fields may have. */
export interface LogFields {
  /** e.g. `"operator"` */
  readonly component?: string;
  readonly node?: string;
  readonly podNetwork?: string;
  readonly kind?: string;
  readonly key?: string;
  readonly op?: string;
  readonly because?: string;
  readonly code?: string;
  readonly durationMs?: number;
  readonly generation?: number;
  readonly err?: unknown;
  /** Whatever else belongs to this message. */
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
}

/** Messages are constant texts (`"node converged"`); everything that varies is a field. */
export interface Log {
  fatal(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields, too. */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  readonly component: string;
  readonly level: LogLevel;
  /** Default: standard output, written before the call returns. */
  readonly write?: (line: string) => void;
}

/** JSON lines; secrets are redacted by path. */
export declare function createLog(options: LogOptions): Log;

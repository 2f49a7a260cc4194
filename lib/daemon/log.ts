import pino from "pino";
import { printable } from "../text/printable.ts";

/** `silent` logs nothing. */
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** The only names a log line's fields may have. */
export interface LogFields {
  /** e.g. `"operator"` */
  readonly component?: string | undefined;
  readonly node?: string | undefined;
  readonly podNetwork?: string | undefined;
  readonly kind?: string | undefined;
  readonly key?: string | undefined;
  readonly op?: string | undefined;
  readonly because?: string | undefined;
  readonly code?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly generation?: number | undefined;
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

const secretNames = ["token", "password", "privateKey", "authorization", "secret"];

/**
 * JSON lines with a time, a level, the component, a constant message and fields; secrets are redacted by name. What could deceive who reads them, or a
 * terminal, stands there as an escape of JSON, so that it means the same.
 */
export function createLog(options: LogOptions): Log {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { component: options.component },
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
    redact: secretNames.flatMap((name) => [`detail.${name}`, `err.${name}`, `err.headers.${name}`]),
  };
  const write = options.write ?? standardOutput();
  return wrap(pino(settings, { write: (line) => write(`${printable(line.trimEnd())}\n`) }));
}

function standardOutput(): (line: string) => void {
  const output = pino.destination({ dest: 1, sync: true });
  return (line) => void output.write(line);
}

function wrap(logger: pino.Logger): Log {
  return {
    fatal: (message, fields) => logger.fatal(fields, message),
    error: (message, fields) => logger.error(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    info: (message, fields) => logger.info(fields, message),
    debug: (message, fields) => logger.debug(fields, message),
    trace: (message, fields) => logger.trace(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

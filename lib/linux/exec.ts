import { type ChildProcess, execFile, spawn } from "node:child_process";
import { CommandError, failureMessage } from "./command-error.ts";
import { forEachLine } from "./lines.ts";
import { isFromOutside } from "./system-error.ts";

/** What a command that ran to its end left behind. */
export interface Output {
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What happens while a resident command runs. */
export interface Listener {
  /** A line of its output, without the line end. */
  line(text: string): void;
  /** A line of its complaints. */
  complaint(text: string): void;
}

/** A command that was started and waits for its input. */
export interface Prepared {
  /** Whether it still waits. */
  readonly waits: boolean;
  /** Gives it its input, and its output when it ended; once. Throws as `run` of an Exec. */
  run(stdin: string): Promise<Output>;
  /** Ends it. */
  discard(): void;
}

/** Runs commands in one place: this process's network namespace, or the one its prefix leads to. */
export interface Exec {
  /**
   * Runs a command to its end and gives its output, whatever its exit status.
   * @throws {CommandError} when it could not be started, was killed, took too long or printed too much.
   */
  run(argv: readonly string[], stdin?: string): Promise<Output>;
  /**
   * Starts a command that reads its input before it does anything, for somebody who cannot wait for the start later.
   * One that could not be started does not wait, and says so when it is run.
   */
  prepare(argv: readonly string[]): Prepared;
  /**
   * Runs a command until it ends by itself, or `signal` ends it, and tells what it prints.
   * Gives the reason of the end in words; undefined when `signal` was the reason.
   */
  follow(argv: readonly string[], listener: Listener, signal: AbortSignal): Promise<string | undefined>;
}

/** Where programs are looked for, whatever this process's own environment says. */
export const programPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/** How commands are run. */
export interface ExecOptions {
  /** Put before every command, e.g. `["nsenter", "--net=/run/netns/x"]`. */
  readonly prefix?: readonly string[];
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Of stdout and of stderr, in characters; default 64 Mi: a dump of 5,000 routes is less than 1 Mi. */
  readonly outputLimit?: number;
  /** Where programs are looked for, default `programPath`. */
  readonly path?: string;
}

/** How a command is started: its arguments with the prefix, and what is the same for all. */
interface Launch {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly outputLimit: number;
  readonly path: string;
}

/** The one way in which this process runs others: argument lists, never a shell, English messages. */
export function makeExec(options: ExecOptions = {}): Exec {
  const { prefix = [], timeoutMs = 30_000, outputLimit = 64 * 1024 * 1024, path = programPath } = options;
  const env = { PATH: path, LANG: "C", LC_ALL: "C" };
  const launch = (argv: readonly string[]): Launch => ({ argv: [...prefix, ...argv], env, timeoutMs, outputLimit, path });
  return {
    run: (argv, stdin = "") => prepare(launch(argv)).run(stdin),
    prepare: (argv) => prepare(launch(argv)),
    follow: (argv, listener, signal) => follow(launch(argv), listener, signal),
  };
}

function prepare({ argv, env, timeoutMs, outputLimit, path }: Launch): Prepared {
  const [program = "", ...rest] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  // Whoever runs it gets the error; while it only waits there is nobody to tell.
  promise.catch(() => undefined);
  const settings = { env, killSignal: "SIGKILL", maxBuffer: outputLimit, encoding: "utf8" } as const;
  let timer: NodeJS.Timeout | undefined;
  let waits = true;
  const fail = (error: Error, stderr: string) => {
    waits = false;
    clearTimeout(timer);
    reject(CommandError.from(error, { argv, stderr, timeoutMs, path }));
  };
  const start = () =>
    execFile(program, rest, settings, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") return fail(error, stderr);
      waits = false;
      clearTimeout(timer);
      resolve({ argv, status: Number(error?.code ?? 0), stdout, stderr });
    });
  const child = started(start, (error) => fail(error, ""));
  // A command may end without reading its input; its status tells, not the broken pipe.
  child?.stdin?.on("error", () => {});
  return {
    get waits() {
      return waits;
    },
    run: (stdin) => {
      if (waits) timer = setTimeout(() => child?.kill("SIGKILL"), timeoutMs);
      child?.stdin?.end(stdin);
      return promise;
    },
    discard: () => void child?.kill("SIGKILL"),
  };
}

/** A child, or undefined where the system refused it so early that it throws: without memory, or with arguments that are too long. */
function started<C>(start: () => C, refused: (error: Error) => void): C | undefined {
  try {
    return start();
  } catch (error) {
    if (!isFromOutside(error)) throw error;
    refused(error);
    return undefined;
  }
}

function follow({ argv, env }: Launch, listener: Listener, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const [program = "", ...rest] = argv;
    const end = (why: string) => resolve(signal.aborted ? undefined : failureMessage(argv, why, ""));
    // Its types promise pipes; without a free file descriptor it has none.
    const start = (): ChildProcess => spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"], signal });
    const child = started(start, ({ message }) => end(message));
    if (child === undefined) return;
    if (child.stdout !== null && child.stdout !== undefined) forEachLine(child.stdout, (line) => listener.line(line));
    if (child.stderr !== null && child.stderr !== undefined) forEachLine(child.stderr, (line) => listener.complaint(line));
    let failure: Error | undefined;
    child.on("error", (error) => (failure = error));
    child.on("close", (status, killedBy) =>
      end(failure?.message ?? (killedBy === null ? `exit status ${status}` : `killed by ${killedBy}`)),
    );
  });
}

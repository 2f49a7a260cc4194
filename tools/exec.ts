import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ExecOptions {
  readonly cwd?: string;
  /** Replaces the whole environment; absent: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Sees every line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

export interface ExecResult {
  /** The exit code; 128 + the signal's number is not used: a killed command has code 1 and says so in its output. */
  readonly code: number;
  /** The lines of both outputs in the order they came, at most the last 2,000. */
  readonly output: readonly string[];
}

const KEPT_LINES = 2000;

/**
 * Runs a command to its end. Never throws for a non-zero exit; a command that cannot start gives code 127.
 * SIGINT, SIGTERM and SIGHUP reach the command while it runs, and end this process after it unless somebody else handles them.
 */
export async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [program = "", ...rest] = argv;
  const output: string[] = [];
  const keep = (line: string): void => {
    output.push(line);
    if (output.length > KEPT_LINES) output.shift();
    options.onLine?.(line);
  };
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
  });
  const release = forwardSignals((signal) => child.kill(signal));
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", keep);
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      keep(error.message);
      resolve(127);
    });
    child.once("close", (status, signal) => {
      if (signal !== null) keep(`ended by ${signal}`);
      resolve(status ?? 1);
    });
  });
  release();
  return { code, output };
}

/** Hands ending signals to `to` until the returned function is called; that one then lets a signal that came do its usual work. */
function forwardSignals(to: (signal: NodeJS.Signals) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let came: NodeJS.Signals | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    came = signal;
    to(signal);
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
    if (came !== undefined && process.listenerCount(came) === 0) process.kill(process.pid, came);
  };
}

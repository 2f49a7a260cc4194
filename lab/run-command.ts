import { spawn } from "node:child_process";
import type { CommandResult, StartOptions } from "./host.ts";

export interface RunOptions extends StartOptions {
  readonly stdin?: string;
  /** After this time the command is killed and its code is 124. */
  readonly timeoutMs?: number;
}

const TIMED_OUT = 124;
const NOT_STARTED = 127;

/** Runs a command to its end. Never throws: a program that cannot be started gives code 127 and the reason in `stderr`. */
export function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command may end without reading its input; the exit code tells, not the broken pipe.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  return new Promise((resolve) => {
    const finish = (code: number, more = ""): void => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() + more });
    };
    const timer = setTimeout(
      () => {
        child.kill("SIGKILL");
        finish(TIMED_OUT, `${program} took longer than ${options.timeoutMs} ms and was killed\n`);
      },
      options.timeoutMs ?? 2 ** 31 - 1,
    );
    child.on("error", (error) => finish(NOT_STARTED, `${program}: ${error.message}\n`));
    child.on("close", (code, signal) => finish(code ?? 128, code === null ? `${program} ended by ${signal}\n` : ""));
  });
}

/** Runs a command that has to succeed and gives its stdout. Throws with the command and what it said. */
export async function runOrThrow(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await runCommand(argv, options);
  if (result.code !== 0) {
    throw new Error(`${argv.join(" ")} ended with ${result.code}: ${(result.stderr || result.stdout).trim()}`);
  }
  return result.stdout;
}

import type { Log } from "./log.ts";

export interface StopOptions {
  readonly log: Log;
  /** How long `main` may take to end after the first signal, default 10,000. */
  readonly graceMs?: number;
}

/**
 * Runs `main` until it ends and gives the exit code: 0 after SIGTERM, SIGINT or a plain end; 1 when it threw, on an uncaught exception or unhandled
 * rejection (one fatal line), or when the grace ran out; 128 + signal number at once on a second signal. Use: `process.exit(await runUntilStopped(…))`.
 */
export declare function runUntilStopped(options: StopOptions, main: (signal: AbortSignal) => Promise<void>): Promise<number>;

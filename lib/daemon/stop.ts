import { constants } from "node:os";
import type { Log } from "./log.ts";

export interface StopOptions {
  readonly log: Log;
  /** How long `main` may take to end after the first signal, default 10,000. */
  readonly graceMs?: number;
}

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * Runs `main` until it ends and gives the exit code: 0 after SIGTERM, SIGINT or a plain end; 1 when it threw, on an uncaught exception or unhandled
 * rejection (one fatal line each), or when the grace ran out; 128 + signal number at once on a second signal. Use: `process.exit(await runUntilStopped(…))`.
 */
export function runUntilStopped(options: StopOptions, main: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const { log, graceMs = 10_000 } = options;
  const { promise, resolve } = Promise.withResolvers<number>();
  const controller = new AbortController();
  let grace: NodeJS.Timeout | undefined;

  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      end(128 + constants.signals[name]);
      return;
    }
    log.debug("stopping", { because: name });
    grace = setTimeout(() => {
      log.error("stop took too long, ending at once", { code: "GraceExceeded", durationMs: graceMs });
      end(1);
    }, graceMs);
    controller.abort(new Error(`stopped by ${name}`));
  };
  const onUncaught = (error: unknown) => {
    log.fatal("uncaught error, ending", { err: error, code: "Uncaught" });
    end(1);
  };
  const end = (code: number) => {
    clearTimeout(grace);
    for (const name of signals) process.off(name, onSignal);
    resolve(code);
  };

  for (const name of signals) process.on(name, onSignal);
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  // Deferred, so that a throw before the first await is a rejection like any other.
  Promise.resolve()
    .then(() => main(controller.signal))
    .then(
      () => end(0),
      (error: unknown) => {
        log.fatal("ending after an error", { err: error, code: "MainFailed" });
        end(1);
      },
    );
  return promise;
}

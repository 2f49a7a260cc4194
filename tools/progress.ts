import { join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { type Durations, fileDurations } from "./durations.ts";
import { renderLive, renderTask, seconds, type TaskState } from "./progress-line.ts";

/** One thing that is being done, as seen by who does it. */
export interface Task {
  /** How far it is, e.g. `reached(412, 2787, "packages")`. */
  reached(done: number, total: number, unit: string): void;
  /** What is being done at this moment, e.g. `"linking"`. */
  note(text: string): void;
}

/**
 * Shows a person whatever takes longer than two seconds: what, how far, how long.
 * On a terminal one live line, elsewhere plain lines at most every ten seconds.
 */
export interface Progress {
  /** Shows `what` while `work` runs, e.g. `during("starting kubelet on node-2", () => kubelet.ready())`. Several may run at once. */
  during<Result>(what: string, work: (task: Task) => Promise<Result>): Promise<Result>;
  /** Prints a line that stays, without tearing the live line. */
  say(line: string): void;
}

/** Where progress is written. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Running extends TaskState {
  readonly startedMs: number;
  shownMs: number | undefined;
}

const SHOW_AFTER_MS = 2000;
const PLAIN_EVERY_MS = 10_000;

/** Progress on standard error, knowing how long things took last time from the cache folder. */
export function openProgress(): Progress {
  return createProgress(process.stderr, fileDurations(join(cacheRoot(), "durations.json")));
}

/** Progress that only does the work, e.g. inside a test. */
export function quietProgress(): Progress {
  return { during: (_what, work) => work({ reached: () => {}, note: () => {} }), say: () => {} };
}

/** Progress on any output. `now` is a clock in milliseconds. */
export function createProgress(
  output: ProgressOutput,
  durations: Durations,
  now: () => number = () => performance.now(),
): Progress {
  const running = new Set<Running>();
  const screen = output.isTTY === true ? liveScreen(output) : plainScreen(output);
  let timer: NodeJS.Timeout | undefined;

  const tick = (): void => screen.show([...running], now());
  const end = (task: Running, failed: boolean): void => {
    running.delete(task);
    const took = now() - task.startedMs;
    if (took >= SHOW_AFTER_MS) {
      if (!failed) durations.record(task.what, took / 1000);
      screen.say(`${failed ? "✗" : "✓"} ${task.what}: ${failed ? "failed after" : "done in"} ${seconds(took / 1000)}`);
    }
    tick();
    if (running.size === 0) clearInterval(timer);
  };

  return {
    say: (line) => {
      screen.say(line);
      tick();
    },
    async during(what, work) {
      const expectedSeconds = durations.expected(what);
      const task: Running = {
        what,
        startedMs: now(),
        shownMs: undefined,
        ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
      };
      if (running.size === 0) timer = setInterval(tick, output.isTTY === true ? 200 : 1000).unref();
      running.add(task);
      try {
        const result = await work({
          reached: (done, total, unit) => Object.assign(task, { reached: { done, total, unit } }),
          note: (note) => Object.assign(task, { note }),
        });
        end(task, false);
        return result;
      } catch (error) {
        end(task, true);
        throw error;
      }
    },
  };
}

interface Screen {
  show(running: readonly Running[], nowMs: number): void;
  say(line: string): void;
}

function liveScreen(output: ProgressOutput): Screen {
  let drawn = false;
  const clear = (): void => {
    if (drawn) output.write("\r\u001b[K");
    drawn = false;
  };
  return {
    show(running, nowMs) {
      clear();
      const long = running.filter((task) => nowMs - task.startedMs >= SHOW_AFTER_MS);
      const texts = long.map((task) => renderTask(task, (nowMs - task.startedMs) / 1000));
      if (texts.length === 0) return;
      output.write(renderLive(texts, output.columns || 80));
      drawn = true;
    },
    say(line) {
      clear();
      output.write(`${line}\n`);
    },
  };
}

function plainScreen(output: ProgressOutput): Screen {
  return {
    show(running, nowMs) {
      for (const task of running) {
        if (nowMs - task.startedMs < SHOW_AFTER_MS) continue;
        if (task.shownMs !== undefined && nowMs - task.shownMs < PLAIN_EVERY_MS) continue;
        task.shownMs = nowMs;
        output.write(`… ${renderTask(task, (nowMs - task.startedMs) / 1000)}\n`);
      }
    },
    say: (line) => output.write(`${line}\n`),
  };
}

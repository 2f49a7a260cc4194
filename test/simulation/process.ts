import type { KubeClient } from "../../lib/kube/client.ts";
import type { Clock } from "../../lib/reconcile/clock.ts";
import type { Chance } from "./chance.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

/** What a program is given: everything it needs of the world outside. */
export interface ProcessWorld {
  readonly name: string;
  readonly client: KubeClient;
  /** Monotonic: it stands at a number of its own when the process starts. */
  readonly clock: Clock;
  /** Milliseconds since 1970 on the process's machine; may step. */
  readonly wallClock: () => number;
  readonly random: () => number;
  /** Fires when the process is told to stop in order. */
  readonly signal: AbortSignal;
}

/** A program, such as an operator. It ends, in order, when its signal fires; a failure of it ends the run. */
export type Program = (world: ProcessWorld) => Promise<void>;

/** A running program. */
export interface Process extends Actor {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Ends it at once: no call of it ever returns, no timer fires; what it has sent may still arrive. */
  kill(): void;
  /** Fires its signal. */
  stop(): void;
  /** Nothing of it happens for so long, as of a machine that was suspended. */
  pause(ms: number): void;
  /** Moves its wall clock. */
  stepWallClock(ms: number): void;
  /** Its wall clock shows the right time again. */
  setWallClockRight(): void;
  /** Whether its machine has a way to the server; what is under way when it loses that is lost. */
  reaches(): boolean;
  setReach(reaches: boolean): void;
  /** Pieces of work done so far: answers, events and timers, each of which ends an await. */
  turns(): number;
  /** It dies just before its n-th piece of work. */
  killAtTurn(turn: number): void;
}

export interface ProcessOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  /** Milliseconds since 1970 when virtual time began. */
  readonly epochMs: number;
  readonly onKilled: () => void;
}

/** A process that runs nothing yet, and its view of time. */
export function createProcess({ name, scheduler, chance, epochMs, onKilled }: ProcessOptions): {
  readonly process: Process;
  readonly clock: Clock;
  readonly wallClock: () => number;
} {
  const stopper = new AbortController();
  const startedAt = scheduler.now() - chance.below(1_000_000);
  let alive = true;
  let pausedUntil = 0;
  let skewMs = 0;
  let reaches = true;
  let turns = 0;
  let lastTurn = Number.POSITIVE_INFINITY;
  const kill = () => {
    if (!alive) return;
    alive = false;
    onKilled();
  };
  const process: Process = {
    name,
    signal: stopper.signal,
    alive: () => alive,
    pausedUntil: () => pausedUntil,
    beforeTurn() {
      if (++turns >= lastTurn) kill();
      return alive;
    },
    kill,
    stop: () => stopper.abort(new Error(`${name} was told to stop`)),
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, scheduler.now() + ms);
    },
    stepWallClock: (ms) => {
      skewMs += ms;
    },
    setWallClockRight: () => {
      skewMs = 0;
    },
    reaches: () => reaches,
    setReach: (now) => {
      reaches = now;
    },
    turns: () => turns,
    killAtTurn: (turn) => {
      lastTurn = turn;
    },
  };
  const clock: Clock = {
    now: () => scheduler.now() - startedAt,
    after: (delayMs, fire) => scheduler.after(delayMs, fire, process),
  };
  return { process, clock, wallClock: () => Math.floor(epochMs + scheduler.now() + skewMs) };
}

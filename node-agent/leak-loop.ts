import { renderTime } from "../crds/conditions.ts";
import type { NodeNetwork } from "../crds/types.ts";
import type { Log } from "../lib/daemon/log.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { startLoop } from "../lib/reconcile/loop.ts";
import type { AgentMetrics } from "./metrics.ts";
import { createLeakCollector, type LeakPlace } from "./leak-collector.ts";
import { createLeakNotes } from "./leak-notes.ts";
import { type CollectedLease, withCollected } from "./plan/leak-tally.ts";
import type { RunOutcome } from "./plan/node-status.ts";

export interface LeakLoopOptions {
  readonly place: LeakPlace;
  readonly apartMs: number;
  /** Something was taken back: there is something to look at, and to report. */
  readonly onCollected: () => void;
  readonly log: Log;
  readonly metrics: AgentMetrics;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in a status. */
  readonly wallClock: () => number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Looks for leaked addresses again and again, whatever else the agent does. */
export interface LeakLoop {
  /** An outcome with what was taken back, beside what stood in the status of `own` when it was first told. */
  told(outcome: RunOutcome, own: NodeNetwork): RunOutcome;
  /** Resolves when the signal fired and no look is going on. */
  readonly stopped: Promise<void>;
}

/** Looks for as long as the signal does not fire. */
export function startLeakLoop(options: LeakLoopOptions): LeakLoop {
  const { apartMs, log, wallClock, onCollected, ...shared } = options;
  const collector = createLeakCollector(options);
  const notes = createLeakNotes(options);
  let base: { readonly leaks: RunOutcome["leaks"] } | undefined;
  let collected: CollectedLease[] = [];
  const loop = startLoop({
    clock: shared.clock,
    random: shared.random,
    signal: shared.signal,
    resyncMs: apartMs / 2,
    run: async () => {
      const look = await collector.look();
      notes.note(look);
      if (look.collected.length > 0) {
        const at = renderTime(wallClock());
        collected = [...collected, ...look.collected.map((address) => ({ address, at }))];
        onCollected();
      }
      return look.againAfterMs === undefined ? undefined : { againAfterMs: look.againAfterMs };
    },
    onFailure: ({ error, attempt }) =>
      log[attempt === 1 ? "warn" : "debug"]("leases could not be judged, trying again", { err: error }),
  });
  return {
    told(outcome, own) {
      base ??= { leaks: own.status?.leaks };
      base = { leaks: withCollected(base.leaks, collected) };
      collected = [];
      return base.leaks === undefined ? outcome : { ...outcome, leaks: base.leaks };
    },
    stopped: loop.stopped,
  };
}

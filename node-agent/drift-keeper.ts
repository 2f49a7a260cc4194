import type { NodeNetwork } from "../crds/types.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { AgentRun } from "./agent.ts";
import { createChanges } from "./changes.ts";
import { createDriftWatch, type DriftOptions } from "./drift.ts";
import type { DriftFacts } from "./plan/drift-status.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { doneIn, nothingDone } from "./plan/own-doing.ts";
import type { AgentPlace } from "./program.ts";
import { createSuspects } from "./suspects.ts";
import { unheardIn, watchUnheard } from "./watch-unheard.ts";

export interface DriftKeeperOptions extends DriftOptions {
  readonly place: AgentPlace;
  /** The node's `/run`, or where folders of it are mounted. */
  readonly runFolder: string;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Has a node looked at when it changes, and knows what of that was somebody else's doing. */
export interface DriftKeeper {
  /** Something outside did change, as this line tells, e.g. one of `ip monitor`. */
  readonly changed: (line: string) => void;
  /**
   * Has a look at the node made, for these reasons; `note` takes in what it came to, and of what NodeNetwork it was made. `mendable`: the reasons without those that tell of
   * something that somebody keeps undoing, so that it is not put back before everything else.
   */
  readonly during: <T>(
    because: readonly string[],
    look: (note: NoteRun, mendable: readonly string[]) => Promise<T>,
  ) => Promise<T>;
  /** An outcome with who may be undoing what this agent does. */
  readonly told: (outcome: RunOutcome) => Promise<RunOutcome>;
  /** Resolves when the signal fired and nothing runs. */
  readonly stopped: Promise<void>;
}

type NoteRun = (run: AgentRun, own: NodeNetwork | undefined) => DriftFacts;

/** Begins at once; `look` has the whole node looked at. */
export function startDriftKeeper(options: DriftKeeperOptions, look: (because: string) => void): DriftKeeper {
  const { place, clock, random, signal, runFolder } = options;
  const drift = createDriftWatch(options);
  const suspects = createSuspects(place.exec, runFolder, clock);
  const changes = createChanges(look, drift, clock, signal);
  let wanted = unheardIn([]);
  const shared = { exec: place.exec, procSys: place.procSys, clock, random, signal };
  const unheard = watchUnheard({ ...shared, wanted: () => wanted, changed: changes.note });
  return {
    changed: changes.note,
    async during(because, lookNow) {
      const changedMs = changes.begin();
      let done = nothingDone;
      drift.begin();
      try {
        const note: NoteRun = (run, own) => {
          wanted = unheardIn(run.kinds);
          done = doneIn(run.kinds);
          return drift.note(run, own, { changedMs, unheardMs: (kind) => unheard.seenRightMs(kind) });
        };
        return await lookNow(
          note,
          because.filter((line) => !drift.isQuarrel(line)),
        );
      } finally {
        changes.end(done);
      }
    },
    told: (outcome) => suspects.told(outcome),
    stopped: unheard.stopped,
  };
}

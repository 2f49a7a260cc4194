import type { NodeNetwork } from "../crds/types.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { AgentRun } from "./agent.ts";
import { createChanges } from "./changes.ts";
import { createDriftWatch, type DriftOptions } from "./drift.ts";
import type { DriftFacts } from "./plan/drift-status.ts";
import type { RunOutcome } from "./plan/node-status.ts";
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
  /** A look at the node begins; what comes back takes in how it ended, and of what NodeNetwork it was made. */
  readonly begin: () => (run: AgentRun, own: NodeNetwork | undefined) => DriftFacts;
  /** An outcome with who may be undoing what this agent does. */
  readonly told: (outcome: RunOutcome) => Promise<RunOutcome>;
  /** Resolves when the signal fired and nothing runs. */
  readonly stopped: Promise<void>;
}

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
    begin: () => {
      const changedMs = changes.take();
      drift.begin();
      return (run, own) => {
        wanted = unheardIn(run.kinds);
        return drift.note(run, own, { changedMs, unheardMs: (kind) => unheard.seenRightMs(kind) });
      };
    },
    told: (outcome) => suspects.told(outcome),
    stopped: unheard.stopped,
  };
}

import type { NodeNetwork } from "../crds/types.ts";
import { CommandError } from "../lib/linux/command-error.ts";
import type { Exec } from "../lib/linux/exec.ts";
import { observeForeignRoutes } from "../lib/linux/foreign-routes.ts";
import { UnexpectedOutput } from "../lib/linux/kinds/output.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { hostRoutesOf } from "./plan/host-routes.ts";
import type { RunOutcome } from "./plan/node-status.ts";

/** Knows what foreign routes a node has. */
export interface HostRoutes {
  /** An outcome with them, as seen at most a minute ago; without where they could not be seen, which nothing else waits for. */
  told(outcome: RunOutcome, own: NodeNetwork): Promise<RunOutcome>;
}

/** People look at it when they add a range; a machine with many routes pays for each look. */
const freshMs = 60_000;

/** Nothing seen yet. */
export function createHostRoutes(exec: Exec, clock: Pick<Clock, "now">): HostRoutes {
  let seen: RunOutcome["hostRoutes"];
  let seenAt = Number.NEGATIVE_INFINITY;
  return {
    async told(outcome, { spec }) {
      if (clock.now() - seenAt >= freshMs) {
        seenAt = clock.now();
        seen = await look(exec, spec.cni.bridge);
      }
      return { ...outcome, hostRoutes: seen };
    },
  };
}

async function look(exec: Exec, bridge: string): Promise<RunOutcome["hostRoutes"]> {
  try {
    return hostRoutesOf(await observeForeignRoutes(exec), [bridge]);
  } catch (error) {
    if (error instanceof CommandError || error instanceof UnexpectedOutput) return undefined;
    throw error;
  }
}

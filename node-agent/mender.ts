import { convergeNode, type NodePlace } from "../lib/linux/converge-node.ts";
import type { NodeState } from "../lib/linux/node-state.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { atOnce } from "./plan/at-once.ts";
import type { Programmed } from "./program.ts";

/** Puts back what somebody took away, before the whole node is looked at. */
export interface Mender {
  /** Gives what it did; what cannot be done now is left to the look at the whole node that follows. `because`: why the node is looked at. */
  mend(because: readonly string[]): Promise<KindOutcome[]>;
  /** How a look at the whole node left it. */
  left(run: Pick<Programmed, "programmed" | "faults">): void;
}

/** One that knows of no state to go back to. */
export function createMender(place: NodePlace): Mender {
  let standing: Partial<NodeState> | undefined;
  return {
    async mend(because) {
      const part = atOnce(standing, because);
      standing = undefined;
      return Object.keys(part).length === 0 ? [] : doneIn(await convergeNode(place, part));
    },
    left({ programmed, faults }) {
      standing = faults.length === 0 ? programmed?.plan.kernel : undefined;
    },
  };
}

/** Without what failed, and without kinds that could not be seen. */
function doneIn(outcomes: readonly KindOutcome[]): KindOutcome[] {
  return outcomes
    .filter(({ unseen }) => unseen === undefined)
    .map(({ errors, steps, ...outcome }) => {
      const failed = new Set(errors.map(({ key }) => key));
      return { ...outcome, steps: steps.filter(({ key }) => !failed.has(key)), errors: [] };
    });
}

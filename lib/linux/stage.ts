import { diff } from "../reconcile/diff.ts";
import type { Kind, Step, StepError, World } from "../reconcile/kind.ts";
import { isFromOutside } from "./system-error.ts";

/** What one run found and did in one kind. */
export interface KindOutcome {
  /** e.g. `"route"`. */
  readonly kind: string;
  /** What had to be done; none, and no errors, means that the kind was as wanted. */
  readonly steps: readonly Step<unknown>[];
  /** Those of `steps` that could not be done. */
  readonly errors: readonly StepError[];
  /** Why the kind could not be seen, so that nothing was done about it, or nothing more. */
  readonly unseen?: string;
  /** Key → item: what shall be there. Absent where the kind could not be seen. */
  readonly wanted?: ReadonlyMap<string, unknown>;
}

/** One kind in the course of a run. */
export interface Stage {
  readonly outcome: KindOutcome;
  /** Begins to look at what is there, for the next `forward` to go by; it waits for that. */
  look(): void;
  /** What was seen may be out of date: the next `forward` looks again. */
  forget(): void;
  /** Adds and changes. */
  forward(): Promise<void>;
  /** Removals. */
  backward(): Promise<void>;
}

interface Writable extends KindOutcome {
  readonly steps: Step<unknown>[];
  readonly errors: StepError[];
  unseen?: string;
  wanted?: ReadonlyMap<string, unknown>;
}

/** One kind, to be made as wanted; `want` may depend on what is there. */
export function stageOf<Item>(kind: Kind<Item>, want: (have: readonly Item[]) => readonly Item[], world: World<Item>): Stage {
  const outcome: Writable = { kind: kind.name, steps: [], errors: [] };
  let hasRemovals = false;
  let seen: Promise<readonly Item[]> | undefined;
  const write = async (steps: readonly Step<Item>[]) => {
    if (steps.length === 0) return;
    outcome.steps.push(...steps);
    outcome.errors.push(...(await world.apply(steps)));
  };
  const steps = async (undone: "done" | "removed"): Promise<Step<Item>[]> => {
    try {
      const looked = seen;
      seen = undefined;
      const have = await (looked ?? world.observe());
      const wanted = want(have);
      outcome.wanted = new Map(wanted.map((item) => [kind.key(item), item]));
      return diff(kind, wanted, have);
    } catch (error) {
      if (!isFromOutside(error)) throw error;
      outcome.unseen = `${kind.name}: what is there could not be seen, so nothing was ${undone}: ${error.message}`;
      return [];
    }
  };
  return {
    outcome,
    look: () => {
      seen = world.observe();
      // Whoever goes by it gets the error.
      seen.catch(() => undefined);
    },
    forget: () => void (seen = undefined),
    forward: async () => {
      const found = await steps("done");
      hasRemovals = found.some((step) => step.op === "remove");
      await write(found.filter((step) => step.op !== "remove"));
    },
    backward: async () => {
      if (hasRemovals) await write((await steps("removed")).filter((step) => step.op === "remove"));
    },
  };
}

import { diff } from "./diff.ts";
import type { Kind, Step, StepError, World } from "./kind.ts";

/** What one run found to do. No steps: the world was as wanted. */
export interface Converged<Item> {
  readonly steps: readonly Step<Item>[];
  /** Those of `steps` that could not be done. */
  readonly errors: readonly StepError[];
}

/** Observes the world, and applies what it takes to make it as wanted; a world that is as wanted is not written. */
export async function converge<Item>(kind: Kind<Item>, want: readonly Item[], world: World<Item>): Promise<Converged<Item>> {
  const steps = diff(kind, want, await world.observe());
  return { steps, errors: steps.length === 0 ? [] : await world.apply(steps) };
}

import type { Chance } from "../simulation/chance.ts";
import type { Coverage } from "../simulation/coverage.ts";

/** One piece of work is done, and whoever waits has his turn. */
export type Turn = () => Promise<void>;

/** One way in for what others wrote. `I` is what comes in, and can be shown as JSON. */
export interface Target<I = unknown> {
  /** e.g. `"webhook"` */
  readonly name: string;
  /** How many of a thousand cases are its. */
  readonly share: number;
  /** What must have come about in many cases, else nothing is proved of it. */
  readonly counters: readonly string[];
  /** The input that a chance decides: the same chance gives the same input. */
  make(chance: Chance): I;
  /**
   * Runs the product's own code on it, and counts what came about. Where that code lets others have their turn, it says so by `turn`.
   * @throws where the code threw what it must not throw, or what came of it is not as it must be.
   */
  run(input: I, count: Coverage, turn: Turn): void | Promise<void>;
}

/** A target as the player sees it: what it makes is for itself alone. */
export function target<I>(parts: Target<I>): Target {
  return { ...parts, run: (input, count, turn) => parts.run(input as I, count, turn) };
}

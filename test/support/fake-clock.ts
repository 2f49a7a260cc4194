import type { Clock } from "../../lib/reconcile/clock.ts";

/** A clock that a test turns by hand. */
export interface FakeClock extends Clock {
  /** Turns the clock, firing what becomes due in order, and lets pending promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Timers set and not yet fired. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands at 0. */
export function createFakeClock(): FakeClock {
  let now = 0;
  let order = 0;
  const timers = new Set<Timer>();
  const nextDue = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at || a.order - b.order)[0];

  return {
    now: () => now,
    after(delayMs, fire) {
      const timer = { at: now + delayMs, order: order++, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        timers.delete(due);
        now = Math.max(now, due.at);
        due.fire();
        await settled();
      }
      now = until;
    },
    pending: () => timers.size,
  };
}

/** Resolves when all promise callbacks that were due have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

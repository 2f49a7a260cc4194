import type { Clock } from "../lib/reconcile/clock.ts";
import type { DriftWatch } from "./drift.ts";
import { nothingDone, type OwnDoing, tellsOf } from "./plan/own-doing.ts";

/** What is told of changes between two looks at the node. */
export interface Changes {
  /** Something changed, as this line tells. */
  readonly note: (line: string) => void;
  /** A look begins: what is told from now on may be of its own doing. Gives when the first change since the last look was told, by the clock; undefined: none was. */
  readonly begin: () => number | undefined;
  /** The look is over, and did this. */
  readonly end: (done: OwnDoing) => void;
}

/** A line, and when it was told. */
interface Told {
  readonly line: string;
  readonly atMs: number;
}

/** After a look's end, until the kernel has told of all that it did. */
const echoMs = 50;

/** Between a look and the one that sees whether what it did has stayed. */
const stayedMs = 250;

/** Lines that wait for the end of a look; what is told beyond them is not looked into. */
const mostHeld = 64;

/** Has the node looked at for each change: at once, or, of what a look did itself or somebody keeps undoing, after a while, once for all of it. */
export function createChanges(
  look: (because: string) => void,
  drift: Pick<DriftWatch, "leftAloneMs">,
  clock: Clock,
  signal: AbortSignal,
): Changes {
  let firstMs: number | undefined;
  let pending: { readonly atMs: number; readonly cancel: () => void } | undefined;
  let held: Told[] | undefined;
  let own = { done: nothingDone, untilMs: Number.NEGATIVE_INFINITY };
  const later = (waitMs: number, line: string) => {
    const atMs = clock.now() + waitMs;
    if (signal.aborted || (pending !== undefined && pending.atMs <= atMs)) return;
    pending?.cancel();
    const cancel = clock.after(waitMs, () => {
      pending = undefined;
      look(line);
    });
    pending = { atMs, cancel };
  };
  signal.addEventListener("abort", () => pending?.cancel(), { once: true });
  const weigh = ({ line, atMs }: Told) => {
    const waitMs = drift.leftAloneMs(line);
    if (atMs <= own.untilMs && tellsOf(own.done, line)) return later(Math.max(stayedMs, waitMs), line);
    firstMs ??= atMs;
    if (waitMs > 0) later(waitMs, line);
    else look(line);
  };
  return {
    note(line) {
      const told = { line, atMs: clock.now() };
      if (held === undefined || held.length === mostHeld) weigh(told);
      else held.push(told);
    },
    begin() {
      // It sees whatever was to be seen later.
      pending?.cancel();
      pending = undefined;
      held ??= [];
      const taken = firstMs;
      firstMs = undefined;
      return taken;
    },
    end(done) {
      own = { done, untilMs: clock.now() + echoMs };
      const told = held ?? [];
      held = undefined;
      for (const one of told) weigh(one);
    },
  };
}

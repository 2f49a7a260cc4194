import type { Clock } from "../lib/reconcile/clock.ts";
import type { DriftWatch } from "./drift.ts";

/** What is told of changes between two looks at the node. */
export interface Changes {
  /** Something changed, as this line tells. */
  readonly note: (line: string) => void;
  /** When the first change since the last call was told, by the clock; undefined: none was. */
  readonly take: () => number | undefined;
}

/** Has the node looked at for each change: at once, or, of what somebody keeps undoing, after a while, once for all of it. */
export function createChanges(
  look: (because: string) => void,
  drift: Pick<DriftWatch, "leftAloneMs">,
  clock: Clock,
  signal: AbortSignal,
): Changes {
  let firstMs: number | undefined;
  let cancel: (() => void) | undefined;
  const later = (waitMs: number, line: string) => {
    if (cancel !== undefined || signal.aborted) return;
    cancel = clock.after(waitMs, () => {
      cancel = undefined;
      look(line);
    });
  };
  signal.addEventListener("abort", () => cancel?.(), { once: true });
  return {
    note(line) {
      firstMs ??= clock.now();
      const waitMs = drift.leftAloneMs(line);
      if (waitMs > 0) later(waitMs, line);
      else look(line);
    },
    take() {
      const taken = firstMs;
      firstMs = undefined;
      return taken;
    },
  };
}

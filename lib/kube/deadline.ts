import { setTimeout as delay } from "node:timers/promises";

/** A time limit and a caller's signal in one. */
export interface Deadline {
  /** Fires when either does. */
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  expired(): boolean;
  /** Starts the time anew. */
  touch(): void;
  /** Resolves after `ms`, early when the deadline fires; false, at once, where there is not so much time left. */
  wait(ms: number): Promise<boolean>;
  /** Lets go of timer and signal; call it in every case. */
  clear(): void;
}

/** Starts counting `ms`; `parent` ends it early. */
export function startDeadline(ms: number, parent: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  let endsAt = performance.now() + ms;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error(`nothing for ${ms} ms`));
  }, ms);
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  else parent?.addEventListener("abort", onParent, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    touch() {
      endsAt = performance.now() + ms;
      timer.refresh();
    },
    async wait(waitMs) {
      if (performance.now() + waitMs >= endsAt) return false;
      await delay(waitMs, undefined, { signal: controller.signal }).catch(() => undefined);
      return true;
    },
    clear() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", onParent);
    },
  };
}

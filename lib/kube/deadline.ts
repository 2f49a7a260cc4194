/** A time limit and a caller's signal in one. */
export interface Deadline {
  /** Fires when either does. */
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  expired(): boolean;
  /** Starts the time anew. */
  touch(): void;
  /** Lets go of timer and signal; call it in every case. */
  clear(): void;
}

/** Starts counting `ms`; `parent` ends it early. */
export function startDeadline(ms: number, parent: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
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
    touch: () => void timer.refresh(),
    clear() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", onParent);
    },
  };
}

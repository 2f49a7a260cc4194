/** Time as a value, so that tests own it. */
export interface Clock {
  /** Milliseconds on a clock that never steps back. */
  now(): number;
  /** Runs `fire` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, fire: () => void): () => void;
}

/** The machine's monotonic clock; its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

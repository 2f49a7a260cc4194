/** Bounds of an exponential backoff, in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How long to wait after the `attempt`-th failure in a row (1 is the first): half to all of min × 2^(attempt-1), never more than max. */
export function backoffMs(attempt: number, { minMs, maxMs }: BackoffBounds, random: () => number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 50));
  return full * (0.5 + random() / 2);
}

/** The wait that an error itself asks for, as the server's Retry-After does; 0 where it asks for none. */
export function askedWaitMs(error: unknown): number {
  const asked = error instanceof Error && "retryAfterMs" in error ? error.retryAfterMs : undefined;
  return typeof asked === "number" && asked > 0 ? asked : 0;
}

import type { Server } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

/** Together below the ten seconds that a process has to end. */
export interface ClosingTimes {
  /** Requests are taken for so long after the signal: whoever sends them hears only then that this replica is not ready. */
  readonly lingerMs: number;
  /** After that, requests that are being answered may take so long. */
  readonly finishMs: number;
}

/** Closes the server after the signal, when what it was asked is answered; at the latest after the times. */
export async function closeInOrder(server: Server, signal: AbortSignal, { lingerMs, finishMs }: ClosingTimes): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await delay(lingerMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), finishMs);
  await closed;
  clearTimeout(timer);
}

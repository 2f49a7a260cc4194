import { setTimeout as pause } from "node:timers/promises";

export interface PollOptions {
  readonly deadlineMs: number;
  readonly intervalMs?: number;
}

/**
 * Asks again and again until `attempt` gives something else than undefined. Throws once the deadline has passed, with what was
 * waited for and the last error.
 */
export async function pollFor<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
  { deadlineMs, intervalMs = 50 }: PollOptions,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  let last = "";
  for (;;) {
    try {
      const outcome = await attempt();
      if (outcome !== undefined) return outcome;
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`waited ${deadlineMs / 1000} s in vain for ${what}${last}`);
    await pause(intervalMs);
  }
}

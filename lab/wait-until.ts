import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "../tools/problem.ts";

/**
 * Asks again and again until the answer is something, and gives it. What `probe` throws ends the waiting.
 * Throws a Problem, with `what` in its words, when the time is over.
 */
export async function waitUntil<Answer>(
  what: string,
  timeoutMs: number,
  probe: () => Answer | undefined | Promise<Answer | undefined>,
  everyMs = 50,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Problem(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
    await delay(everyMs);
  }
}

import { setTimeout as delay } from "node:timers/promises";

/** Waits until something holds, and fails by its name when that takes longer than 10 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await delay(5);
  }
}

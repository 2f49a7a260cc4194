/** What agents, and those who listen to them, are told of the period where nobody says otherwise. */
export const usualHeartbeatSeconds = 60;

/** How long agents have to say what they have, after a loss of objects, where nobody says otherwise. */
export const usualRecoverySeconds = 300;

/** How far one period is from the next, as a part of it: agents that started together do not write together. */
const spread = 0.2;

/** What an agent may miss before it counts as silent. */
const periods = 3;

/** Between two signs of life of one agent, in the mean: as set, and where there are many nodes so long that all of them write 20 times a second. */
export function heartbeatPeriodMs(leastMs: number, nodes: number): number {
  return Math.max(leastMs, nodes * 50);
}

/** From one sign of life to the next: 0.8 to 1.2 of the period. `chance` is in [0, 1). */
export function nextHeartbeatMs(leastMs: number, nodes: number, chance: number): number {
  return heartbeatPeriodMs(leastMs, nodes) * (1 - spread + 2 * spread * chance);
}

/** When an agent was listened for, and what period it was told. */
export interface Listening {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly heartbeatSeconds: number;
}

/** Whether an agent's last sign of life is no older than three of its longest periods; false where it gave none. */
export function isHeard(observedAt: string | undefined, nodes: number, { nowMs, heartbeatSeconds }: Listening): boolean {
  return nowMs - Date.parse(observedAt ?? "") <= silenceMs(heartbeatSeconds, nodes);
}

/** After so long without a sign of life an agent counts as silent. */
export function silenceMs(heartbeatSeconds: number, nodes: number): number {
  return periods * (1 + spread) * heartbeatPeriodMs(heartbeatSeconds * 1000, nodes);
}

import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import { type TunnelPorts, tunnelPorts } from "./vxlan.ts";

/**
 * Nodes hear at different times that tunnels are asked for, or are not any more. So each can take what comes by them before any sends into them, and after.
 * Times are milliseconds on a clock that never steps back.
 */
export interface TunnelUse {
  /** `Lingering`: nobody asks for tunnels any more, and they stay for a while. */
  readonly state: "None" | "Asked" | "Lingering";
  /** As they were asked for last; undefined: never. */
  readonly ports: TunnelPorts | undefined;
  /** The first look at which it was so. What is asked for at the very first look was so before. */
  readonly sinceMs: number;
}

/** What of that a plan depends on. */
export interface TunnelMoment {
  /** Who is reached without tunnels, too, still is: not everybody may have heard of them. */
  readonly isFresh: boolean;
  /** Of tunnels that stay though nobody asks for them. */
  readonly lingering: TunnelPorts | undefined;
}

/** How long tunnels stand before anything is sent into them that can go another way. */
const freshMs = 2_000;

/** How long tunnels stay that nobody asks for any more. */
const lingerMs = 10_000;

/** What is known after another look. */
export function lookAtTunnels(
  before: TunnelUse | undefined,
  own: OwnNetwork,
  claims: readonly Claim[],
  nowMs: number,
): TunnelUse {
  const asked = tunnelPorts(own, claims);
  if (before === undefined) return { state: asked ? "Asked" : "None", ports: asked, sinceMs: Number.NEGATIVE_INFINITY };
  if (asked !== undefined) return { state: "Asked", ports: asked, sinceMs: before.state === "Asked" ? before.sinceMs : nowMs };
  if (before.state === "Asked") return { ...before, state: "Lingering", sinceMs: nowMs };
  return momentEndsInMs(before, nowMs) === 0 ? { ...before, state: "None", sinceMs: nowMs } : before;
}

/** What the plan of that look goes by. */
export function tunnelMoment(use: TunnelUse, nowMs: number): TunnelMoment {
  return {
    isFresh: use.state === "Asked" && nowMs - use.sinceMs < freshMs,
    lingering: use.state === "Lingering" ? use.ports : undefined,
  };
}

/** How long until time alone changes something, 0 for what it already has; undefined where it does not. */
export function momentEndsInMs({ state, sinceMs }: TunnelUse, nowMs: number): number | undefined {
  if (state === "Lingering") return Math.max(0, sinceMs + lingerMs - nowMs);
  return state === "Asked" && nowMs - sinceMs < freshMs ? sinceMs + freshMs - nowMs : undefined;
}

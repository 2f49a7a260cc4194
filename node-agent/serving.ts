import type { Clock } from "../lib/reconcile/clock.ts";
import type { Claim } from "./plan/claim.ts";
import type { ConfFolder } from "./plan/conflist-file.ts";
import type { OwnNetwork } from "./plan/own-network.ts";
import { lookAtTunnels, momentEndsInMs, tunnelMoment, type TunnelUse } from "./plan/tunnel-use.ts";
import { pluginKeeper } from "./plugin-keeper.ts";
import { type AgentPlace, type Programmed, programNode } from "./program.ts";

/** A node that has subnets. */
export interface Serving {
  /** Programs it. `againAfterMs`: until tunnels are used, or go. */
  step(own: OwnNetwork, claims: readonly Claim[], folder: ConfFolder): Promise<Programmed & { readonly againAfterMs?: number }>;
  /** Forgets what it was: there is no subnet any more. */
  stop(): void;
}

/** Remembers between its steps what nobody else tells: which tunnels there were a moment ago, and which plugins are in place. */
export function createServing(node: string, place: AgentPlace, clock: Pick<Clock, "now">): Serving {
  const plugins = pluginKeeper(place.plugins);
  let use: TunnelUse | undefined;

  const step: Serving["step"] = async (own, claims, folder) => {
    const nowMs = clock.now();
    use = lookAtTunnels(use, own, claims, nowMs);
    const againAfterMs = momentEndsInMs(use, nowMs);
    const task = { node, place, own, claims, tunnels: tunnelMoment(use, nowMs), folder };
    const programmed = await programNode({ ...task, plugins: (names) => plugins.provide(names) });
    return { ...programmed, ...(againAfterMs !== undefined && { againAfterMs }) };
  };

  const stop = () => {
    use = undefined;
  };

  return { step, stop };
}

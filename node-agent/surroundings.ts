import type { NodeNetwork } from "../crds/types.ts";
import { observeBridgePorts } from "../lib/linux/bridge-ports.ts";
import type { NodePlace } from "../lib/linux/converge-node.ts";
import { observeNeighborLimits } from "../lib/linux/facts.ts";
import { observeForwardHooks } from "../lib/linux/firewall.ts";
import { observeForeignRoutes } from "../lib/linux/foreign-routes.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { closedForwardPaths, type ForwardPath } from "./plan/forward-path.ts";
import { hostRoutesOf } from "./plan/host-routes.ts";
import { shortOfNeighbors } from "./plan/neighbor-room.ts";
import type { NodePlan } from "./plan/node-state.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import type { OwnNetwork } from "./plan/own-network.ts";
import { otherMtus } from "./plan/pod-mtu.ts";

/** Knows what others have on a node that podnet has to live with. */
export interface Surroundings {
  /** An outcome with that, as seen at most a minute ago, and pods' MTUs at most since the last change of it; without what could not be seen, which nothing else waits for. */
  told(outcome: RunOutcome, own: NodeNetwork): Promise<RunOutcome>;
}

/** People look at it when they add a range, or wonder about lost packets; a machine with many routes and rules pays for each look. */
const freshMs = 60_000;

type NodeProgram = NonNullable<RunOutcome["programmed"]>;
type Seen = Pick<RunOutcome, "hostRoutes" | "closedPaths" | "otherMtus" | "fewNeighbors">;

/** Nothing seen yet. */
export function createSurroundings({ exec, procSys }: NodePlace, clock: Pick<Clock, "now">): Surroundings {
  let seen: Seen = {};
  let seenAt = Number.NEGATIVE_INFINITY;
  let comparedMtu: number | undefined;
  return {
    async told(outcome, { spec }) {
      const mtu = outcome.programmed?.plan.mtu;
      const look = (of: (programmed: NodeProgram) => Promise<string[]>) => {
        if (outcome.programmed !== undefined) return seenOrNot(of, outcome.programmed);
        // A node that has no subnet has no pods that any of it could concern.
        return spec.subnets.length === 0 ? [] : undefined;
      };
      const lookForMtus = () => look(async ({ own, plan }) => otherMtus(await observeBridgePorts(exec, own.bridge), plan.mtu));
      if (clock.now() - seenAt >= freshMs) {
        seenAt = clock.now();
        const [hostRoutes, closedPaths, mtus, fewNeighbors] = await Promise.all([
          seenOrNot(async (bridge) => hostRoutesOf(await observeForeignRoutes(exec), [bridge]), spec.cni.bridge),
          look(async ({ own, plan }) => closedForwardPaths(await observeForwardHooks(exec), forwardPathOf(own, plan))),
          lookForMtus(),
          look(async ({ plan }) => shortOfNeighbors(plan.neighborsAsked, await observeNeighborLimits(procSys))),
        ]);
        seen = { hostRoutes, closedPaths, otherMtus: mtus, fewNeighbors };
      } else if (mtu !== undefined && mtu !== comparedMtu) {
        seen = { ...seen, otherMtus: await lookForMtus() };
      }
      comparedMtu = mtu ?? comparedMtu;
      return { ...outcome, ...seen };
    },
  };
}

function forwardPathOf({ bridge, subnets }: OwnNetwork, { kernel }: NodePlan): ForwardPath {
  return { bridge, subnets, uplink: kernel.routes.find(({ device }) => device !== undefined)?.device };
}

async function seenOrNot<F, T>(look: (from: F) => Promise<T>, from: F): Promise<T | undefined> {
  try {
    return await look(from);
  } catch (error) {
    if (isFromOutside(error)) return undefined;
    throw error;
  }
}

import type { NodeNetwork } from "../crds/types.ts";
import { observeBridgePorts } from "../lib/linux/bridge-ports.ts";
import { CommandError } from "../lib/linux/command-error.ts";
import type { Exec } from "../lib/linux/exec.ts";
import type { NodePlace } from "../lib/linux/converge-node.ts";
import { observeNeighborLimits } from "../lib/linux/facts.ts";
import { observeForwardHooks } from "../lib/linux/firewall.ts";
import { observeForeignRoutes } from "../lib/linux/foreign-routes.ts";
import { UnexpectedOutput } from "../lib/linux/kinds/output.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { closedForwardPaths } from "./plan/forward-path.ts";
import { hostRoutesOf } from "./plan/host-routes.ts";
import { shortOfNeighbors } from "./plan/neighbor-room.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { otherMtus } from "./plan/pod-mtu.ts";

/** Knows what others have on a node that podnet has to live with. */
export interface Surroundings {
  /** An outcome with that, as seen at most a minute ago; without what could not be seen, which nothing else waits for. */
  told(outcome: RunOutcome, own: NodeNetwork): Promise<RunOutcome>;
}

/** People look at it when they add a range, or wonder about lost packets; a machine with many routes and rules pays for each look. */
const freshMs = 60_000;

type Seen = Pick<RunOutcome, "hostRoutes" | "closedPaths" | "otherMtus" | "fewNeighbors">;

/** Nothing seen yet. */
export function createSurroundings({ exec, procSys }: NodePlace, clock: Pick<Clock, "now">): Surroundings {
  let seen: Seen = {};
  let seenAt = Number.NEGATIVE_INFINITY;
  return {
    async told(outcome, { spec }) {
      if (clock.now() - seenAt >= freshMs) {
        seenAt = clock.now();
        const [hostRoutes, closedPaths, mtus, fewNeighbors] = await Promise.all([
          seenOrNot(async () => hostRoutesOf(await observeForeignRoutes(exec), [spec.cni.bridge])),
          seenOrNot(() => lookForClosed(exec, outcome)),
          seenOrNot(() => lookForMtus(exec, outcome)),
          seenOrNot(() => lookForNeighbors(procSys, outcome)),
        ]);
        seen = { hostRoutes, closedPaths, otherMtus: mtus, fewNeighbors };
      }
      return { ...outcome, ...seen };
    },
  };
}

async function lookForClosed(exec: Exec, { programmed }: RunOutcome): Promise<string[] | undefined> {
  if (programmed === undefined) return undefined;
  const { own, plan } = programmed;
  const uplink = plan.kernel.routes.find(({ device }) => device !== undefined)?.device;
  return closedForwardPaths(await observeForwardHooks(exec), { bridge: own.bridge, subnets: own.subnets, uplink });
}

async function lookForMtus(exec: Exec, { programmed }: RunOutcome): Promise<string[] | undefined> {
  return programmed && otherMtus(await observeBridgePorts(exec, programmed.own.bridge), programmed.plan.mtu);
}

async function lookForNeighbors(procSys: string, { programmed }: RunOutcome): Promise<string[] | undefined> {
  return programmed && shortOfNeighbors(programmed.plan.neighborsAsked, await observeNeighborLimits(procSys));
}

async function seenOrNot<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CommandError || error instanceof UnexpectedOutput) return undefined;
    throw error;
  }
}

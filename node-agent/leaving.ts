import { convergeNode, type NodePlace } from "../lib/linux/converge-node.ts";
import { fileKind } from "../lib/linux/kinds/file.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { bridgesOf, type ConfFolder, leavingConflist, offeredSubnets } from "./plan/conflist-file.ts";
import { leftNode } from "./plan/node-state.ts";

/** How long a configuration stands closed before what it offered may go: a pod that was being made when it closed has its address by then. */
export const closingMs = 5_000;

/** What one step of leaving did. */
export interface Left {
  readonly kinds: readonly KindOutcome[];
  /** Nothing of ours is left. */
  readonly isLeft: boolean;
  readonly againAfterMs?: number;
}

/** Takes a node down that has no subnet any more. */
export interface Leaving {
  /** Closes the configuration, and takes everything down when it has been closed for a while and no pod holds an address. */
  step(folder: ConfFolder, hasLeases: boolean): Promise<Left>;
  /** The node has a subnet: what was closed so far counts for nothing. */
  stop(): void;
}

/** Until the next try, where the configuration could not be closed. */
const openAgainMs = 1_000;

/** One that has closed nothing yet. */
export function createLeaving(place: NodePlace, clock: Pick<Clock, "now">): Leaving {
  let closedAtMs: number | undefined;
  const step = async (folder: ConfFolder, hasLeases: boolean): Promise<Left> => {
    const nowMs = clock.now();
    // Somebody opened it again, or it could not be closed: pods are made with what it offers.
    if (offeredSubnets(folder).length > 0) closedAtMs = undefined;
    const stands = bridgesOf(folder).length > 0;
    const isEarly = stands && (closedAtMs === undefined || nowMs < closedAtMs + closingMs);
    const stays = isEarly || hasLeases;
    const kinds = await convergeNode(place, { ...(stays ? {} : leftNode), files: leavingConflist(folder, stays) });
    if (!areFilesDone(kinds)) return { kinds, isLeft: !stays, ...(stays ? { againAfterMs: openAgainMs } : {}) };
    closedAtMs ??= nowMs;
    return { kinds, isLeft: !stays, ...(isEarly ? { againAfterMs: closedAtMs + closingMs - nowMs } : {}) };
  };
  return { step, stop: () => (closedAtMs = undefined) };
}

function areFilesDone(kinds: readonly KindOutcome[]): boolean {
  return kinds.every(({ kind, errors, unseen }) => kind !== fileKind.name || (errors.length === 0 && unseen === undefined));
}

import { apiVersion, rangeLedgerResource } from "../../crds/names.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { PlannedEvent } from "./events.ts";
import { recoveryTurn } from "./recovery.ts";

/** That nothing new is given until the agents have reported, and the end of that. */
export function recoveryEvents(written: readonly Step<unknown>[]): PlannedEvent[] {
  return written.flatMap((step): PlannedEvent[] => {
    const turn = recoveryTurn(step);
    if (turn === undefined) return [];
    const { name, uid } = turn.ledger.metadata;
    const regarding = { apiVersion, kind: rangeLedgerResource.kind, name, ...(uid !== undefined && { uid }) };
    if (turn.begun === undefined) return [{ regarding, reason: "RecoveryEnded", note: "subnets are given again" }];
    const { reason, until } = turn.begun;
    const note = `${reason}: nothing new is given until the agents have reported, or ${until}`;
    return [{ regarding, reason: "RecoveryBarrier", note }];
  });
}

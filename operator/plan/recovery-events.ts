import { apiVersion } from "../../crds/names.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { PlannedEvent } from "./events.ts";

/** What of a RangeLedger bears on Events. */
interface LedgerView {
  readonly metadata: { readonly name: string; readonly uid?: string };
  readonly spec: { readonly recovery?: { readonly until: string; readonly reason: string } };
}

/** That nothing new is given until the agents have reported, and the end of that. */
export function recoveryEvents(written: readonly Step<unknown>[]): PlannedEvent[] {
  return written.flatMap(({ kind, want, have }): PlannedEvent[] => {
    if (kind !== "RangeLedger" || !isLedger(want)) return [];
    const before = isLedger(have) ? have.spec.recovery : undefined;
    const after = want.spec.recovery;
    if ((before === undefined) === (after === undefined)) return [];
    const uid = want.metadata.uid ?? (isLedger(have) ? have.metadata.uid : undefined);
    const regarding = { apiVersion, kind, name: want.metadata.name, ...(uid !== undefined && { uid }) };
    if (after === undefined) return [{ regarding, reason: "RecoveryEnded", note: "subnets are given again" }];
    const note = `${after.reason}: nothing new is given until the agents have reported, or ${after.until}`;
    return [{ regarding, reason: "RecoveryBarrier", note }];
  });
}

function isLedger(value: unknown): value is LedgerView {
  return typeof value === "object" && value !== null && "metadata" in value && "spec" in value;
}

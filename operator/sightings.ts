import type { Clock } from "../lib/reconcile/clock.ts";
import type { Sightings } from "./plan/sightings.ts";
import type { Claim, Ledger, NodeRecord, Snapshot } from "./plan/snapshot.ts";

/** Sightings that grow with every look. */
export interface SightingsKept extends Sightings {
  /** Looks at everything; what is no longer to be seen is forgotten. */
  look(snapshot: Snapshot): void;
}

/** None yet: what stood before this process began counts from its first look on, so that a restart makes waits longer, never shorter. */
export function createSightings(clock: Pick<Clock, "now">): SightingsKept {
  let since = new Map<string, number>();
  const age = (key: string) => clock.now() - (since.get(key) ?? clock.now());
  return {
    look({ claims, records, ledger }) {
      const keys = [
        ...claims.filter(({ object }) => object.spec.state === "Held").map(claimKey),
        ...records.map(recordKey),
        ...(ledger?.recovering === true ? [ledgerKey(ledger)] : []),
      ];
      since = new Map(keys.map((key) => [key, since.get(key) ?? clock.now()]));
    },
    heldMs: (claim) => age(claimKey(claim)),
    unheardMs: (record) => age(recordKey(record)),
    recoveringMs: (ledger) => age(ledgerKey(ledger)),
  };
}

function claimKey({ object: { metadata, spec } }: Claim): string {
  return `claim ${metadata.name} ${metadata.uid} ${spec.heldAt}`;
}

function recordKey({ object: { metadata, status } }: NodeRecord): string {
  return `record ${metadata.name} ${metadata.uid} ${status?.observedAt}`;
}

function ledgerKey({ incarnation, object }: Ledger): string {
  return `ledger ${incarnation} ${object.spec.recovery?.since}`;
}

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
  let words = new Map<string, Word>();
  const hasSpoken = (record: NodeRecord) => {
    const known = words.get(agentKey(record));
    return known !== undefined && (known.isNew || known.observedAt !== record.object.status?.observedAt);
  };
  const age = (key: string) => clock.now() - (since.get(key) ?? clock.now());
  return {
    look({ claims, records, ledger }) {
      const keys = [
        ...claims.filter(({ object }) => object.spec.state === "Held").map(claimKey),
        ...records.map(recordKey),
        ...(ledger?.recovering === true ? [ledgerKey(ledger)] : []),
      ];
      since = new Map(keys.map((key) => [key, since.get(key) ?? clock.now()]));
      words = new Map(
        records.map((record) => [agentKey(record), { observedAt: record.object.status?.observedAt, isNew: hasSpoken(record) }]),
      );
    },
    heldMs: (claim) => age(claimKey(claim)),
    unheardMs: (record) => age(recordKey(record)),
    hasSpoken,
    recoveringMs: (ledger) => age(ledgerKey(ledger)),
  };
}

/** The time of an agent's last sign of life, by its own clock, and whether it was seen to become that. */
interface Word {
  readonly observedAt: string | undefined;
  readonly isNew: boolean;
}

function claimKey({ object: { metadata, spec } }: Claim): string {
  return `claim ${metadata.name} ${metadata.uid} ${spec.heldAt}`;
}

function recordKey(record: NodeRecord): string {
  return `record ${agentKey(record)} ${record.object.status?.observedAt}`;
}

function agentKey({ object: { metadata } }: NodeRecord): string {
  return `${metadata.name} ${metadata.uid}`;
}

function ledgerKey({ incarnation, object }: Ledger): string {
  return `ledger ${incarnation} ${object.spec.recovery?.since}`;
}

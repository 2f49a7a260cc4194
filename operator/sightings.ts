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
  const age = (at: number | undefined) => clock.now() - (at ?? clock.now());
  const heldSince = (claim: Claim) => since.get(claimKey(claim)) ?? since.get(claimKey(claim, 1));
  return {
    look({ claims, records, ledger }) {
      const held = claims.filter(({ object }) => object.spec.state === "Held");
      const keys = [...records.map(recordKey), ...(ledger?.recovering === true ? [ledgerKey(ledger)] : [])];
      since = new Map([
        ...held.map((claim) => [claimKey(claim), heldSince(claim) ?? clock.now()] as const),
        ...keys.map((key) => [key, since.get(key) ?? clock.now()] as const),
      ]);
      words = new Map(
        records.map((record) => [agentKey(record), { observedAt: record.object.status?.observedAt, isNew: hasSpoken(record) }]),
      );
    },
    heldMs: (claim) => age(heldSince(claim)),
    unheardMs: (record) => age(since.get(recordKey(record))),
    hasSpoken,
    recoveringMs: (ledger) => age(since.get(ledgerKey(ledger))),
  };
}

/** The time of an agent's last sign of life, by its own clock, and whether it was seen to become that. */
interface Word {
  readonly observedAt: string | undefined;
  readonly isNew: boolean;
}

/**
 * Of a claim, `writes` of its spec ago. The one write that a claim at rest gets is that of its number; after any other it may have been in use meanwhile, and rest anew
 * since what is the same second by another operator's clock.
 */
function claimKey({ object: { metadata, spec } }: Claim, writes = 0): string {
  return `claim ${metadata.name} ${metadata.uid} ${spec.heldAt} ${(metadata.generation ?? 0) - writes}`;
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

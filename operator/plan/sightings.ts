import type { Claim, Ledger, NodeRecord } from "./snapshot.ts";

/** How long things have been seen to stand, by a clock that no one sets: wall clocks differ between machines, and step. */
export interface Sightings {
  /** Milliseconds that a claim has been Held without a break. */
  heldMs(claim: Claim): number;
  /** Milliseconds since an agent's last sign of life. */
  unheardMs(record: NodeRecord): number;
  /** Whether an agent was seen to give its last sign of life; else it stood so at the first look, and may be of any time. */
  hasSpoken(record: NodeRecord): boolean;
  /** Milliseconds that this recovery of a ledger has stood. */
  recoveringMs(ledger: Ledger): number;
}

/** Tells whether an agent was seen to speak. */
export type Hearing = Pick<Sightings, "hasSpoken">;

/** Of somebody who looks once: every status is taken for its agent's latest word. */
export const allHaveSpoken: Hearing = { hasSpoken: () => true };

import type { NodeNetworkStatusAcknowledged } from "../../crds/types.ts";
import type { SeenClaim } from "./claim.ts";

/** What an acknowledgement is made from. */
export interface Sighting {
  /** The ledger's incarnation that this node's spec was made under; undefined: there is no spec. */
  readonly incarnation: string | undefined;
  readonly claims: readonly SeenClaim[];
  /** Whether a claim is this node's own and still given to new pods: such a release is not acknowledged, nor any after it. */
  readonly isOffered: (claim: SeenClaim) => boolean;
}

/**
 * The newest release that this agent has seen, under the incarnation of its spec; never less than before under the same one, and 0 at first under another.
 * Releases of other incarnations count for nothing.
 */
export function acknowledge(
  before: NodeNetworkStatusAcknowledged | undefined,
  { incarnation, claims, isOffered }: Sighting,
): NodeNetworkStatusAcknowledged | undefined {
  if (incarnation === undefined) return before;
  const released = claims.filter((claim) => claim.state === "Held" && claim.incarnation === incarnation);
  const numbers = (some: readonly SeenClaim[]) =>
    some.map((claim) => claim.releaseSequence).filter((number) => number !== undefined);
  const limit = Math.min(...numbers(released.filter(isOffered)));
  const known = before?.incarnation === incarnation ? before.sequence : 0;
  return { incarnation, sequence: Math.max(known, ...numbers(released).filter((number) => number < limit)) };
}

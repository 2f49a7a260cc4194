import type { NodeNetworkStatusLeaks } from "../../crds/types.ts";

/** An address that was taken back. */
export interface CollectedLease {
  readonly address: string;
  /** RFC 3339 text, to the second. */
  readonly at: string;
}

/** What a status holds of them. */
const mostShown = 5;

/** The tally with more leases, in the order in which they were collected. */
export function withCollected(
  tally: NodeNetworkStatusLeaks | undefined,
  collected: readonly CollectedLease[],
): NodeNetworkStatusLeaks | undefined {
  if (collected.length === 0) return tally;
  const last = [...collected.toReversed(), ...(tally?.last ?? [])].slice(0, mostShown);
  return { collectedTotal: (tally?.collectedTotal ?? 0) + collected.length, last };
}

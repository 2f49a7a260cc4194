import { containsPrefix, type Prefix } from "../../lib/net/prefix.ts";
import { isEntryOf, type Refusal } from "./admission.ts";
import { planLedger } from "./ledger.ts";
import type { LedgerEntry, Network, NetworkRange, Snapshot } from "./snapshot.ts";

/** A range that subnets are cut from, and the open entry of the ledger that allows it. */
export interface AcceptedRange extends NetworkRange {
  readonly entry: LedgerEntry;
}

/** What became of a network's ranges, each in the order of its spec. */
export interface Acceptance {
  readonly accepted: readonly AcceptedRange[];
  readonly refused: readonly Refusal[];
}

/** Which ranges are used: network UID → its ranges. Only what stands in the ledger, open, is accepted. */
export function acceptRanges(snapshot: Snapshot): ReadonlyMap<string, Acceptance> {
  const entries = Map.groupBy(
    (snapshot.ledger?.entries ?? []).filter((entry) => entry.open),
    (entry) => entry.networkUID,
  );
  const { refusals } = planLedger(snapshot);
  return new Map(
    snapshot.networks.map((network) => {
      const own = entries.get(network.uid) ?? [];
      const accepted = network.ranges.flatMap((range) => {
        const entry = own.find((candidate) => isEntryOf(candidate, network, range));
        return entry === undefined ? [] : [{ ...range, entry }];
      });
      return [network.uid, { accepted, refused: network.ranges.flatMap((range) => refusals.get(range) ?? []) }];
    }),
  );
}

/** Whether every family of the network has a range to give from, so that a new node can get all it needs. */
export function isUsable(network: Network, acceptance: Acceptance | undefined): boolean {
  const giving = givingRanges(acceptance);
  if (network.deleting || giving.length === 0) return false;
  const families = new Set(giving.map((range) => range.prefix.family));
  return network.ranges.every((range) => range.draining || families.has(range.prefix.family));
}

/** The ranges that new subnets come from. */
export function givingRanges(acceptance: Acceptance | undefined): readonly AcceptedRange[] {
  return (acceptance?.accepted ?? []).filter((range) => !range.draining);
}

/** The accepted range that a subnet of exactly its size lies in. */
export function rangeOf(acceptance: Acceptance | undefined, prefix: Prefix): AcceptedRange | undefined {
  return acceptance?.accepted.find((range) => range.subnetLength === prefix.length && containsPrefix(range.prefix, prefix));
}

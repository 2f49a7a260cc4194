import { containsPrefix, type Prefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import type { Network, Snapshot } from "./snapshot.ts";

/** A prefix in use, and the UID of the network it was cut from. */
interface Use {
  readonly prefix: Prefix;
  readonly networkUID: string;
}

/** The prefixes in use, one network at a time. */
export interface Occupancy {
  /** What nobody else may get of a network's ranges: all that was cut from it, and every stray, wherever that is. */
  takenFrom(network: Network): readonly Prefix[];
  /** Prefixes in use that lie outside the accepted ranges of their own network: a range of it went, or all of it. */
  readonly strays: readonly Prefix[];
}

/** A prefix is in use when a claim stands for it, and also when a NodeNetwork names it though its claim is gone. */
export function occupancy(snapshot: Snapshot, acceptance: ReadonlyMap<string, Acceptance>): Occupancy {
  const uses = [
    ...snapshot.claims.map(({ prefix, object }) => ({ prefix, networkUID: object.spec.networkUID })),
    ...snapshot.records.flatMap(({ subnets, object }) =>
      subnets.map((prefix) => ({ prefix, networkUID: object.spec.networkUID })),
    ),
  ];
  const isStray = ({ prefix, networkUID }: Use) =>
    !acceptance.get(networkUID)?.accepted.some((range) => containsPrefix(range.prefix, prefix));
  const strays = uses.filter(isStray).map((use) => use.prefix);
  const byNetwork = Map.groupBy(uses, (use) => use.networkUID);
  return {
    strays,
    takenFrom: (network) => [...(byNetwork.get(network.uid) ?? []).map((use) => use.prefix), ...strays],
  };
}

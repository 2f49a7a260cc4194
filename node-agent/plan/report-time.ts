import type { NodeNetworkStatus } from "../../crds/types.ts";
import { lowFamilies } from "./leases.ts";
import type { OwnFacts } from "./node-status.ts";

/** A status that stands in the API. Times are milliseconds on a clock that never steps back. */
export interface Reported {
  readonly status: NodeNetworkStatus;
  /** When to write again without a change. */
  readonly heartbeatMs: number;
}

/** What tells whether a change in leases is one to tell of. */
export type Threshold = Pick<OwnFacts, "open" | "addBelowFreeIPs">;

/** The condition that speaks of peers; every other one is a fact of this node's own. */
export const peersCondition = "PeersUnrouted";

/**
 * When to write `next`: at once where a fact of this node's own changed, else with the heartbeat. Other nodes' coming, going and loss, releases seen, and
 * leases as long as they stay on one side of the threshold wait for the heartbeat. So N nodes cost N writes a while, not N² when one node joins.
 */
export function reportAt(last: Reported | undefined, next: NodeNetworkStatus, threshold: Threshold, nowMs: number): number {
  if (last === undefined || text(ownPart(last.status, threshold)) !== text(ownPart(next, threshold))) return nowMs;
  return Math.max(nowMs, last.heartbeatMs);
}

function ownPart(status: NodeNetworkStatus, { open, addBelowFreeIPs }: Threshold): object {
  const {
    observedAt: _at,
    acknowledged: _seen,
    lost: _lost,
    peers: _peers,
    summary,
    conditions = [],
    subnets = [],
    ...own
  } = status;
  return {
    ...own,
    bridge: summary?.bridge,
    conditions: conditions
      .filter((condition) => condition.type !== peersCondition)
      .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
    subnets: subnets.map(({ cidr, drained = false }) => ({ cidr, drained })),
    low: lowFamilies(subnets, open, addBelowFreeIPs),
  };
}

/** The same text for the same value, whatever order its fields come in. */
function text(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

import type { NodeNetworkStatus } from "../../crds/types.ts";

/** A status that stands in the API. Times are milliseconds on a clock that never steps back. */
export interface Reported {
  readonly status: NodeNetworkStatus;
  /** From when on a change in peers alone may be written. */
  readonly peersFromMs: number;
}

/** The condition that speaks of peers; every other one is a fact of this node's own. */
export const peersCondition = "PeersUnrouted";

/**
 * When to write `next`: at once where a fact of this node's own changed, later where only peers came or went, undefined where nothing changed.
 * So N nodes cost N writes a while, not N² at once, when one node joins.
 */
export function reportAt(last: Reported | undefined, next: NodeNetworkStatus, nowMs: number): number | undefined {
  if (last === undefined || text(withoutPeers(last.status)) !== text(withoutPeers(next))) return nowMs;
  return text(last.status) === text(next) ? undefined : Math.max(nowMs, last.peersFromMs);
}

/** How long to be silent about peers after a write: max(10 s, a twentieth of a second per node), 0.8 to 1.2 of it. `chance` is in [0, 1). */
export function peersSilenceMs(nodes: number, chance: number): number {
  return Math.max(10_000, nodes * 50) * (0.8 + 0.4 * chance);
}

function withoutPeers({ peers: _peers, summary, conditions = [], ...own }: NodeNetworkStatus): NodeNetworkStatus {
  return {
    ...own,
    summary: summary?.bridge === undefined ? {} : { bridge: summary.bridge },
    conditions: conditions.filter((condition) => condition.type !== peersCondition),
  };
}

/** The same text for the same status, whatever order its fields and conditions come in. */
function text({ conditions = [], ...rest }: NodeNetworkStatus): string {
  const sorted = { ...rest, conditions: conditions.toSorted((a, b) => (a.type < b.type ? -1 : 1)) };
  return JSON.stringify(sorted, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

import { isDeepStrictEqual } from "node:util";
import type { Condition, NodeNetworkStatus } from "../../crds/types.ts";
import { lowFamilies } from "./leases.ts";
import type { OwnFacts } from "./node-status.ts";

/** A status that stands in the API. Times are milliseconds on a clock that never steps back. */
export interface Reported {
  readonly status: NodeNetworkStatus;
  /** When to write again without a change. */
  readonly heartbeatMs: number;
  /** When a write last told that a subnet came into use or fell out of it; -Infinity: none did. */
  readonly useToldMs: number;
  /** When a write last told that another node turned bad or good; -Infinity: none did. */
  readonly reachToldMs: number;
  /** When a write last told of drift; -Infinity: none did. */
  readonly driftToldMs: number;
}

/** What tells whether a change in leases is one to tell of. */
export type Threshold = Pick<OwnFacts, "open" | "addBelowFreeIPs" | "nodes">;

/** The condition that speaks of peers; every other one is a fact of this node's own. */
export const peersCondition = "PeersUnrouted";

/** Between two writes for use alone: pods that come or go in a burst are told of together. */
const useApartMs = 5_000;

/** The same for other nodes that turn bad or good: one node that goes is seen by all others, and N of them write no more than 20 times a second for it. */
const reachApartMs = (nodes: number) => Math.max(5_000, nodes * 50);

/** The same for drift: somebody may be at it all the time. Where there are many nodes, 50 a second write for it at most. */
const driftApartMs = (nodes: number) => Math.max(10_000, nodes * 20);

/**
 * When to write `next`: at once where a fact of this node's own changed, else with the heartbeat. Whether a subnet has a lease at all is such a fact, told once in
 * a few seconds at most; so are repairs of what somebody else changed, and whom its probes do not reach, the more rarely the more nodes there are. Other nodes' coming, going and loss, releases seen, foreign routes, and numbers of leases on one side of the threshold wait for the heartbeat. So N
 * nodes cost N writes a while, not N² when one node joins.
 */
export function reportAt(last: Reported | undefined, next: NodeNetworkStatus, threshold: Threshold, nowMs: number): number {
  if (last === undefined || !isDeepStrictEqual(ownPart(last.status, threshold), ownPart(next, threshold))) return nowMs;
  const dueMs = [
    last.heartbeatMs,
    ...(hasOtherUse(last.status, next) ? [last.useToldMs + useApartMs] : []),
    ...(hasOtherReach(last.status, next) ? [last.reachToldMs + reachApartMs(threshold.nodes)] : []),
    ...(hasOtherDrift(last.status, next) ? [last.driftToldMs + driftApartMs(threshold.nodes)] : []),
  ];
  return Math.max(nowMs, Math.min(...dueMs));
}

/** Whether two statuses differ in whom the node does not reach, or one of them knows nothing of that. */
export function hasOtherReach({ reachability: a }: NodeNetworkStatus, { reachability: b }: NodeNetworkStatus): boolean {
  return (a === undefined) !== (b === undefined) || !isDeepStrictEqual(badOf(a), badOf(b));
}

/** In an order of our own: a server may keep a list in another one. */
function badOf(reachability: NodeNetworkStatus["reachability"]): string[] {
  return (reachability?.bad ?? []).map(({ node, family, reason, since }) => `${node} ${family} ${reason} ${since}`).toSorted();
}

/** Whether two statuses differ in what they say of drift. */
export function hasOtherDrift(a: NodeNetworkStatus, b: NodeNetworkStatus): boolean {
  const said = ({ drift, conditions = [] }: NodeNetworkStatus) => [drift, conditions.find(isContention)?.message];
  return !isDeepStrictEqual(said(a), said(b));
}

const isContention = ({ type }: Condition) => type === "DriftContended";

/** Whether a subnet has leases in one of two statuses and none in the other. */
export function hasOtherUse(a: NodeNetworkStatus, b: NodeNetworkStatus): boolean {
  const used = ({ subnets = [] }: NodeNetworkStatus) =>
    new Set(subnets.filter(({ leases }) => leases > 0).map(({ cidr }) => cidr));
  return used(a).symmetricDifference(used(b)).size > 0;
}

function ownPart(status: NodeNetworkStatus, { open, addBelowFreeIPs }: Threshold): object {
  const {
    observedAt: _at,
    acknowledged: _seen,
    lost: _lost,
    peers: _peers,
    hostRoutes: _routes,
    reachability: _reach,
    drift: _drift,
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
      .map((condition) => (isContention(condition) ? { ...condition, message: "" } : condition))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
    subnets: subnets.map(({ cidr, drained = false }) => ({ cidr, drained })),
    low: lowFamilies(subnets, open, addBelowFreeIPs),
  };
}

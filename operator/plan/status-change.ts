import { compareText } from "../../lib/text/order.ts";
import { isDeepStrictEqual } from "node:util";
import type { PodNetworkStatus } from "../../crds/types.ts";

/** How a status differs from the stored one. `Figures`: in nothing but the counts of free pod addresses, which move with every pod, and of repairs on nodes. */
export type StatusChange = "None" | "Figures" | "Facts";

/** Lists are compared as sets by their keys: a server may keep them in an order of its own. */
export function statusChange(want: PodNetworkStatus, have: PodNetworkStatus | undefined): StatusChange {
  if (have === undefined) return "Facts";
  const [wanted, found] = [sorted(want), sorted(have)];
  if (isDeepStrictEqual(wanted, found)) return "None";
  return isDeepStrictEqual(withoutFigures(wanted), withoutFigures(found)) ? "Figures" : "Facts";
}

function sorted(status: PodNetworkStatus): PodNetworkStatus {
  return {
    ...status,
    conditions: (status.conditions ?? []).toSorted((a, b) => compareText(a.type, b.type)),
    ranges: (status.ranges ?? []).toSorted((a, b) => compareText(a.cidr, b.cidr)),
    blockedBy: (status.blockedBy ?? []).toSorted((a, b) => compareText(a.kind, b.kind) || compareText(a.name, b.name)),
  };
}

function withoutFigures({ capacity, drift: _repairs, ...status }: PodNetworkStatus): PodNetworkStatus {
  if (capacity === undefined) return status;
  return { ...status, capacity: { nodesUntilExhaustion: capacity.nodesUntilExhaustion, freeIPs: 0 } };
}

import { isDeepStrictEqual } from "node:util";
import { fieldManagers } from "../crds/names.ts";
import type { PodNetworkStatus } from "../crds/types.ts";
import { applyObject } from "../lib/kube/apply.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Cluster, podNetworks } from "./cluster.ts";
import { compareText } from "./plan/select.ts";
import type { Network } from "./plan/snapshot.ts";
import type { WriteLedger } from "./write-report.ts";

/** Writes statuses of PodNetworks. */
export interface SummaryWriter {
  /** Writes those that differ from what is stored; gives when to come again for those that have to wait. */
  write(
    cluster: Cluster,
    networks: readonly Network[],
    statuses: ReadonlyMap<string, PodNetworkStatus>,
    ledger: WriteLedger,
  ): Promise<number | undefined>;
}

/** Between two writes of one network's status. */
const minIntervalMs = 1_000;

/** A writer that writes a network's status once a second at most, and never the same twice. */
export function createSummaryWriter(clock: Clock): SummaryWriter {
  /** UID → when its status was last written. */
  const writtenAt = new Map<string, number>();
  return {
    async write(cluster, networks, statuses, ledger) {
      const uids = new Set(networks.map(({ uid }) => uid));
      for (const uid of writtenAt.keys()) if (!uids.has(uid)) writtenAt.delete(uid);
      const waits: number[] = [];
      for (const { name, uid, object } of networks) {
        const status = statuses.get(uid);
        if (status === undefined || isSame(status, object.status)) continue;
        const waitMs = (writtenAt.get(uid) ?? Number.NEGATIVE_INFINITY) + minIntervalMs - clock.now();
        if (waitMs > 0) {
          waits.push(waitMs);
          continue;
        }
        const applied = { metadata: { name, uid }, status };
        const because = "it is no longer true";
        const step = { op: "change", kind: "PodNetwork status", key: name, because, want: applied, have: object } as const;
        const options = { fieldManager: fieldManagers.operator, subresource: "status", force: true } as const;
        const written = await ledger.attempt(step, () => applyObject(cluster.client, podNetworks, applied, options));
        writtenAt.set(uid, clock.now());
        if (written !== undefined) cluster.wrote(written);
      }
      return waits.length === 0 ? undefined : Math.min(...waits);
    },
  };
}

/** Lists are compared as sets by their keys: a server may keep them in an order of its own. */
function isSame(want: PodNetworkStatus, have: PodNetworkStatus | undefined): boolean {
  return have !== undefined && isDeepStrictEqual(sorted(want), sorted(have));
}

function sorted(status: PodNetworkStatus): PodNetworkStatus {
  return {
    ...status,
    conditions: (status.conditions ?? []).toSorted((a, b) => compareText(a.type, b.type)),
    ranges: (status.ranges ?? []).toSorted((a, b) => compareText(a.cidr, b.cidr)),
  };
}

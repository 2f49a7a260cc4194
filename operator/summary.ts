import { fieldManagers } from "../crds/names.ts";
import type { PodNetworkStatus } from "../crds/types.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Cluster, podNetworks } from "./cluster.ts";
import type { Network } from "./plan/snapshot.ts";
import { statusChange } from "./plan/status-change.ts";
import type { WriteNotes } from "./write-report.ts";

/** Writes statuses of PodNetworks. */
export interface SummaryWriter {
  /** Writes those that differ from what is stored; gives when to come again for those that have to wait. */
  write(
    cluster: Cluster,
    networks: readonly Network[],
    statuses: ReadonlyMap<string, PodNetworkStatus>,
    notes: WriteNotes,
  ): Promise<number | undefined>;
}

/** Writes at a time. */
const parallel = 16;

/** Between two writes of one network's status. */
const minIntervalMs = 1_000;

/** The same where only figures differ, which every pod of the cluster moves. */
const figuresIntervalMs = 60_000;

/** A writer that writes a network's status once a second at most, mere figures once a minute, and never the same twice. */
export function createSummaryWriter(clock: Clock): SummaryWriter {
  /** UID → when its status was last written. */
  const writtenAt = new Map<string, number>();
  return {
    async write(cluster, networks, statuses, notes) {
      const uids = new Set(networks.map(({ uid }) => uid));
      for (const uid of writtenAt.keys()) if (!uids.has(uid)) writtenAt.delete(uid);
      const waits: number[] = [];
      await inParallel(networks, parallel, async ({ name, uid, object }) => {
        const status = statuses.get(uid);
        const change = status === undefined ? "None" : statusChange(status, object.status);
        if (status === undefined || change === "None") return;
        const intervalMs = change === "Figures" ? figuresIntervalMs : minIntervalMs;
        const waitMs = (writtenAt.get(uid) ?? Number.NEGATIVE_INFINITY) + intervalMs - clock.now();
        if (waitMs > 0) {
          waits.push(waitMs);
          return;
        }
        const applied = { metadata: { name, uid }, status };
        const because = "it is no longer true";
        const step = { op: "change", kind: "PodNetwork status", key: name, because, want: applied, have: object } as const;
        const options = { fieldManager: fieldManagers.operator, subresource: "status", force: true } as const;
        const written = await notes.attempt(step, () => applyObject(cluster.client, podNetworks, applied, options));
        writtenAt.set(uid, clock.now());
        if (written !== undefined) cluster.wrote(written);
      });
      return waits.length === 0 ? undefined : Math.min(...waits);
    },
  };
}

import { readdir } from "node:fs/promises";
import { readAttachments } from "../cni/attachments.ts";
import { collectLeases, waitSeconds } from "../cni/collect-leases.ts";
import { readConfFolder } from "../cni/conf-folder.ts";
import { type LeaseFile, leaseFolder, readLeaseFiles } from "../cni/lease-files.ts";
import { observeNodeLinks } from "../lib/linux/pod-ports.ts";
import { observeNeighbors } from "../lib/linux/seen-neighbors.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { bridgesOf } from "./plan/conflist-file.ts";
import { lookAtLeases, type Suspicions } from "./plan/leaks.ts";
import type { LeaseSight } from "./plan/lease-evidence.ts";
import type { AgentPlace } from "./program.ts";

/** Where pods leave traces. Only the folder of the plugins' state is written. */
export type LeakPlace = Pick<AgentPlace, "exec" | "confFolder" | "cniStateFolder" | "netnsFolder">;

export interface LeakCollectorOptions {
  readonly place: LeakPlace;
  /** Between the first look at which no pod had an address and the one that takes it back, at least. */
  readonly apartMs: number;
  readonly clock: Pick<Clock, "now">;
}

/** What one look came to. */
export interface LeakLook {
  /** Addresses that were taken back, canonical text. */
  readonly collected: readonly string[];
  /** Leases of which nothing says that a pod has them, and that stay as yet. */
  readonly suspected: number;
  /** Why nothing could be judged, or taken back; what, where and what to do. */
  readonly problem: string | undefined;
  readonly againAfterMs: number | undefined;
}

/** Takes back addresses that were left given to pods that are gone. */
export interface LeakCollector {
  look(): Promise<LeakLook>;
}

/** A lock that somebody keeps is tried again after so long. */
const busyMs = 10_000;

/** A look that finds nothing to judge. */
const idle: LeakLook = { collected: [], suspected: 0, problem: undefined, againAfterMs: undefined };

/** A collector that has seen nothing yet: whatever was seen by another process, perhaps of another boot, does not count. */
export function createLeakCollector({ place, apartMs, clock }: LeakCollectorOptions): LeakCollector {
  let suspicions: Suspicions = new Map();
  const judge = async (leases: readonly LeaseFile[]): Promise<LeakLook> => {
    const sight = { leases, ...(await gatherTraces(place)) };
    const { leaked, againAfterMs, ...found } = lookAtLeases(suspicions, sight, clock.now(), apartMs);
    suspicions = found.suspicions;
    const collected = leaked.length === 0 ? [] : await collectLeases(place.cniStateFolder, leaked);
    if (collected === undefined) return { ...idle, suspected: suspicions.size, problem: busy(place), againAfterMs: busyMs };
    const suspected = suspicions.size - collected.length;
    return { collected: collected.map(({ address }) => address), suspected, problem: undefined, againAfterMs };
  };
  return {
    async look() {
      try {
        // Before all else: what a lease was written after is there when that is looked for.
        const leases = await readLeaseFiles(place.cniStateFolder);
        if (leases.length > 0) return await judge(leases);
        suspicions = new Map();
        return idle;
      } catch (error) {
        if (!isFromOutside(error)) throw error;
        suspicions = new Map();
        return {
          ...idle,
          problem: `addresses of pods that are gone cannot be taken back (${error.message}); see that what is named there is there, and that the agent may read and write it`,
        };
      }
    },
  };
}

async function gatherTraces({ exec, confFolder, cniStateFolder, netnsFolder }: LeakPlace): Promise<Omit<LeaseSight, "leases">> {
  const bridges = bridgesOf({ path: confFolder, files: await readConfFolder(confFolder) });
  const [attachments, namespaces, links, neighbors] = await Promise.all([
    readAttachments(cniStateFolder),
    readdir(netnsFolder),
    observeNodeLinks(exec, bridges),
    observeNeighbors(exec),
  ]);
  return { attachments, namespaces: new Set(namespaces), links, neighbors };
}

function busy({ cniStateFolder }: LeakPlace): string {
  return `addresses of pods that are gone cannot be taken back: a plugin has held the lock in ${leaseFolder(cniStateFolder)} for ${waitSeconds} seconds and more; end it if it hangs`;
}

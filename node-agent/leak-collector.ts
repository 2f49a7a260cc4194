import { readdir } from "node:fs/promises";
import { readAttachments } from "../cni/attachments.ts";
import { collectLeases } from "../cni/collect-leases.ts";
import { readConfFolder } from "../cni/conf-folder.ts";
import { readLeaseFiles } from "../cni/lease-files.ts";
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

/** A collector that has seen nothing yet: whatever was seen by another process, perhaps of another boot, does not count. */
export function createLeakCollector({ place, apartMs, clock }: LeakCollectorOptions): LeakCollector {
  let suspicions: Suspicions = new Map();
  const judge = async (): Promise<LeakLook> => {
    const sight = await gather(place);
    const { leaked, againAfterMs, ...found } = lookAtLeases(suspicions, sight, clock.now(), apartMs);
    suspicions = found.suspicions;
    const collected = leaked.length === 0 ? [] : await collectLeases(place.cniStateFolder, leaked);
    const suspected = suspicions.size - (collected?.length ?? 0);
    if (collected === undefined) return { collected: [], suspected, problem: busy(place), againAfterMs: busyMs };
    return { collected: collected.map(({ address }) => address), suspected, problem: undefined, againAfterMs };
  };
  return {
    async look() {
      try {
        return await judge();
      } catch (error) {
        if (!isFromOutside(error)) throw error;
        suspicions = new Map();
        const problem = `addresses of pods that are gone cannot be taken back (${error.message}); give the agent what is named there`;
        return { collected: [], suspected: 0, problem, againAfterMs: undefined };
      }
    },
  };
}

/** The leases before all else: what a lease was written after is there when that is looked for, and what is noted after it may be there already. */
async function gather({ exec, confFolder, cniStateFolder, netnsFolder }: LeakPlace): Promise<LeaseSight> {
  const leases = await readLeaseFiles(cniStateFolder);
  const links = { bridges: new Set<string>(), devices: new Set<string>(), ports: [] };
  const neighbors = { answering: new Set<string>(), macs: new Map<string, string[]>(), bridged: new Set<string>() };
  if (leases.length === 0) return { leases, attachments: [], namespaces: new Set(), links, neighbors };
  const bridges = bridgesOf({ path: confFolder, files: await readConfFolder(confFolder) });
  const [attachments, namespaces, ...kernel] = await Promise.all([
    readAttachments(cniStateFolder),
    readdir(netnsFolder),
    observeNodeLinks(exec, bridges),
    observeNeighbors(exec),
  ]);
  return { leases, attachments, namespaces: new Set(namespaces), links: kernel[0], neighbors: kernel[1] };
}

function busy({ cniStateFolder }: LeakPlace): string {
  return `addresses of pods that are gone cannot be taken back: a plugin has held the lock in ${cniStateFolder}/networks for long; end it if it hangs`;
}

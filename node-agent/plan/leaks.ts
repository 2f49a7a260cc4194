import type { LeaseFile } from "../../cni/lease-files.ts";
import { evidenceOf, type LeaseSight, unaccountedPorts } from "./lease-evidence.ts";

/** What was seen of a lease since nothing said that a pod has it. Times are milliseconds on a clock that never steps back. */
export interface Suspicion {
  /** Which very file. */
  readonly version: string;
  readonly content: string | undefined;
  readonly sinceMs: number;
  /** Ports that stood unaccounted for at every look since then: behind one of them its pod may be being made. */
  readonly hiding: ReadonlySet<string>;
}

/** Name of the lease's file → what was seen of it; of this process alone, and so of this boot. */
export type Suspicions = ReadonlyMap<string, Suspicion>;

/** What a look came to. */
export interface LeaseLook {
  readonly suspicions: Suspicions;
  /** No pod has these: two looks far enough apart, and all between them, say so. */
  readonly leaked: readonly LeaseFile[];
  /** Until a suspicion becomes a certainty by the passing of time alone; undefined: none does. */
  readonly againAfterMs: number | undefined;
}

/**
 * Judges the leases of a node. A plugin connects a pod's port before it asks host-local, and what it made is noted after that; so while a pod is being made, however long it takes, its
 * port stands there and nobody accounts for it. Of a lease that nobody noted, every port that did so at the first look at it may be that; a port that came later is another pod's.
 */
export function lookAtLeases(before: Suspicions, sight: LeaseSight, nowMs: number, apartMs: number): LeaseLook {
  const evidence = evidenceOf(sight);
  const ports = unaccountedPorts(sight);
  const suspicions = new Map<string, Suspicion>();
  const leaked: LeaseFile[] = [];
  const waits: number[] = [];
  for (const lease of sight.leases) {
    const found = evidence(lease);
    if (found === "InUse") continue;
    const known = sameFile(before.get(lease.name), lease);
    const hiding = found === "Unused" ? new Set<string>() : (known?.hiding.intersection(ports) ?? ports);
    const { version, content, name } = lease;
    const sinceMs = known?.sinceMs ?? nowMs;
    suspicions.set(name, { version, content, sinceMs, hiding });
    if (hiding.size > 0) continue;
    if (known !== undefined && nowMs - sinceMs >= apartMs) leaked.push(lease);
    else waits.push(sinceMs + apartMs - nowMs);
  }
  return { suspicions, leaked, againAfterMs: waits.length === 0 ? undefined : Math.min(...waits) };
}

function sameFile(known: Suspicion | undefined, { version, content }: LeaseFile): Suspicion | undefined {
  return known?.version === version && known.content === content ? known : undefined;
}

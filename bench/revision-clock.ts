import { setTimeout as delay } from "node:timers/promises";
import { applyObject } from "../lib/kube/apply.ts";
import { type ConfigMap, configMaps } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Stored } from "../lib/kube/resource.ts";

/** When the API server's store was at which revision. */
export interface Timeline {
  /** Milliseconds since the start, and the revision that had been reached by then, ascending. */
  readonly samples: readonly { readonly ms: number; readonly revision: number }[];
}

/** Reads the store's revision all the time, so that an object's resourceVersion tells when it was written, without a watch. */
export interface RevisionClock {
  /** Milliseconds since the start. */
  now(): number;
  /** The newest revision seen, without the clock's own writes. */
  writes(): number;
  stop(): Promise<Timeline>;
}

/** Between two readings, each of them one small write; a reading costs every contender some of the server's time. */
const tickMs = 100;

/** A clock that has read the revision once. */
export async function startRevisionClock(client: KubeClient): Promise<RevisionClock> {
  const began = performance.now();
  const samples: { ms: number; revision: number }[] = [];
  const now = () => performance.now() - began;
  const hand = () => ({ metadata: { name: "bench-clock", namespace: "default" }, data: { tick: String(performance.now()) } });
  const read = ({ metadata }: Stored<ConfigMap>) => samples.push({ ms: now(), revision: Number(metadata.resourceVersion) });
  // Applied once, since it may stand there from before; then replaced, which is the cheapest write.
  read(await applyObject(client, configMaps, hand(), { fieldManager: "bench", force: true }));
  const stopping = new AbortController();
  const ticking = (async () => {
    while (!stopping.signal.aborted) {
      await delay(tickMs);
      read(await client.replace(configMaps, hand()));
    }
  })();
  return {
    now,
    writes: () => (samples.at(-1)?.revision ?? 0) - (samples[0]?.revision ?? 0) - (samples.length - 1),
    async stop() {
      stopping.abort();
      await ticking;
      return { samples };
    },
  };
}

/** When an object of this resourceVersion was written, in milliseconds since the start and at most a tick too late; NaN after the end. */
export function timeOf({ samples }: Timeline, resourceVersion: string): number {
  const revision = Number(resourceVersion);
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle]?.revision ?? Infinity) < revision) low = middle + 1;
    else high = middle;
  }
  return samples[low]?.ms ?? Number.NaN;
}

import { createServiceLookup, type ServiceLookupOptions } from "../lib/kube/service-lookup.ts";
import type { ServiceRange } from "../lib/kube/service-ranges.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { pause } from "../lib/reconcile/pause.ts";

export interface ServiceCopyOptions extends ServiceLookupOptions {
  readonly clock: Clock;
}

/** Where Services get their addresses from, kept up to date. */
export interface ServiceCopy {
  /** Keeps it up to date until the signal fires; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  list(): readonly ServiceRange[];
  readonly synced: boolean;
  /** Since it was last read. */
  staleSeconds(): number;
}

/** Empty before `run`. */
export function createServiceCopy(options: ServiceCopyOptions): ServiceCopy {
  const lookup = createServiceLookup(options);
  return {
    async run(signal) {
      while (!signal.aborted) {
        await lookup.ask(signal);
        await pause(options.clock, lookup.dueInMs(), signal);
      }
    },
    list: () => lookup.known ?? [],
    get synced() {
      return lookup.known !== undefined;
    },
    staleSeconds: () => lookup.staleSeconds(),
  };
}

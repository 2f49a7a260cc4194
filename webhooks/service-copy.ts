import type { KubeClient } from "../lib/kube/client.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import { listServiceRanges, type ServiceRange } from "../lib/kube/service-ranges.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { pause } from "../lib/reconcile/pause.ts";

export interface ServiceCopyOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly onProblem: (problem: InformerProblem) => void;
}

/** Where Services get their addresses from, looked at now and then: a server without ServiceCIDRs has nothing to watch. */
export interface ServiceCopy {
  /** Keeps it up to date until the signal fires; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  list(): readonly ServiceRange[];
  readonly synced: boolean;
  /** Since it was last read. */
  staleSeconds(): number;
}

const everyMs = 30_000;
const retryMs = 5_000;

/** Empty before `run`. */
export function createServiceCopy({ client, clock, onProblem }: ServiceCopyOptions): ServiceCopy {
  let known: readonly ServiceRange[] | undefined;
  let readAt = clock.now();
  const look = async (signal: AbortSignal): Promise<number> => {
    try {
      known = await listServiceRanges(client, { signal });
      readAt = clock.now();
      return everyMs;
    } catch (error) {
      if (!signal.aborted) onProblem({ doing: "list", error, retryMs });
      return retryMs;
    }
  };
  return {
    async run(signal) {
      while (!signal.aborted) await pause(clock, await look(signal), signal);
    },
    list: () => known ?? [],
    get synced() {
      return known !== undefined;
    },
    staleSeconds: () => (clock.now() - readAt) / 1000,
  };
}

import type { Clock } from "../reconcile/clock.ts";
import type { KubeClient } from "./client.ts";
import type { InformerProblem } from "./informer.ts";
import { listServiceRanges, type ServiceRange } from "./service-ranges.ts";

export interface ServiceLookupOptions {
  readonly client: Pick<KubeClient, "listAll" | "get">;
  readonly clock: Pick<Clock, "now">;
  readonly onProblem: (problem: InformerProblem) => void;
}

/** Where Services get their addresses from, looked at now and then: a server without ServiceCIDRs has nothing to watch. */
export interface ServiceLookup {
  /** What is known, after a look at the server where one is due; undefined before the first that succeeded. The same list until the next one. Never rejects. */
  ask(signal?: AbortSignal): Promise<readonly ServiceRange[] | undefined>;
  /** What is known without a look. */
  readonly known: readonly ServiceRange[] | undefined;
  /** Until a look is due; 0 where it is. */
  dueInMs(): number;
  /** Since it was last read, or since this was made. */
  staleSeconds(): number;
}

/** ServiceCIDRs come about once in the life of a cluster. */
const everyMs = 30_000;

/** After a look that failed, so that a right that is missing costs neither server nor log much. */
const retryMs = 5_000;

/** Nothing known yet, and a look due. */
export function createServiceLookup({ client, clock, onProblem }: ServiceLookupOptions): ServiceLookup {
  let known: readonly ServiceRange[] | undefined;
  let readAt = clock.now();
  let dueAt = readAt;
  const look = async (signal: AbortSignal | undefined): Promise<number> => {
    try {
      known = await listServiceRanges(client, signal === undefined ? {} : { signal });
      readAt = clock.now();
      return everyMs;
    } catch (error) {
      if (signal?.aborted !== true) onProblem({ doing: "list", error, retryMs });
      return retryMs;
    }
  };
  return {
    async ask(signal) {
      if (clock.now() >= dueAt) dueAt = (await look(signal)) + clock.now();
      return known;
    },
    get known() {
      return known;
    },
    dueInMs: () => Math.max(0, dueAt - clock.now()),
    staleSeconds: () => (clock.now() - readAt) / 1000,
  };
}

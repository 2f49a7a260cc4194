import type { KubeClient } from "../lib/kube/client.ts";
import { listServiceRanges } from "../lib/kube/service-ranges.ts";
import { parseLoosePrefix, type Prefix } from "../lib/net/prefix.ts";
import type { Clock } from "../lib/reconcile/clock.ts";

export interface ServiceRangesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
}

/** Where Services get their addresses from. */
export interface ServiceRanges {
  /** As known at most half a minute ago; undefined where it was never known. The same list as long as nothing changed. Asks the server only when called. */
  known(): Promise<readonly Prefix[] | undefined>;
}

/** ServiceCIDRs come about once in the life of a cluster. */
const freshMs = 30_000;

/** Nothing known yet. */
export function createServiceRanges({ client, clock, onProblem }: ServiceRangesOptions): ServiceRanges {
  let found: { readonly text: string; readonly prefixes: readonly Prefix[] } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    async known() {
      if (clock.now() - askedAt < freshMs) return found?.prefixes;
      try {
        const cidrs = (await listServiceRanges(client)).map(({ cidr }) => cidr).toSorted();
        askedAt = clock.now();
        const text = cidrs.join(" ");
        if (text !== found?.text) found = { text, prefixes: cidrs.flatMap((cidr) => parseLoosePrefix(cidr) ?? []) };
      } catch (error) {
        onProblem(error);
      }
      return found?.prefixes;
    },
  };
}

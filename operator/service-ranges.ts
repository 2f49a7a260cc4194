import { createServiceLookup, type ServiceLookupOptions } from "../lib/kube/service-lookup.ts";
import { parseLoosePrefix, type Prefix } from "../lib/net/prefix.ts";

/** Where Services get their addresses from. */
export interface ServiceRanges {
  /** As known at most half a minute ago; undefined where it was never known. The same list as long as nothing changed. Asks the server only when called. */
  known(): Promise<readonly Prefix[] | undefined>;
}

/** Nothing known yet. */
export function createServiceRanges(options: ServiceLookupOptions): ServiceRanges {
  const lookup = createServiceLookup(options);
  let found: { readonly text: string; readonly prefixes: readonly Prefix[] } | undefined;
  return {
    async known() {
      const ranges = await lookup.ask();
      if (ranges === undefined) return undefined;
      const cidrs = ranges.map(({ cidr }) => cidr).toSorted();
      const text = cidrs.join(" ");
      if (text !== found?.text) found = { text, prefixes: cidrs.flatMap((cidr) => parseLoosePrefix(cidr) ?? []) };
      return found.prefixes;
    },
  };
}

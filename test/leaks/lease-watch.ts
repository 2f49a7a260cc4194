import { watch } from "node:fs";
import { parseAddress } from "../../lib/net/address.ts";

/** Tells of leases that are written or removed. */
export interface LeaseWatch {
  /** `listen` gets the name of each, until the function that comes back is called. */
  listen(listen: (name: string) => void): () => void;
}

/** Watches a folder of leases until the signal fires. */
export function watchLeases(folder: string, signal: AbortSignal): LeaseWatch {
  const listeners = new Set<(name: string) => void>();
  watch(folder, { signal }, (_, name) => {
    if (name !== null && parseAddress(name) !== undefined) for (const listen of listeners) listen(name);
  });
  return {
    listen(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
  };
}

import { renderPrefix } from "../../lib/net/prefix.ts";
import type { OwnSubnet } from "./own-subnets.ts";
import { drainedInMs, type QuietSubnets } from "./quiet.ts";

/** How long to wait for what cannot be seen. */
export interface Patience {
  /** Between the two looks without a lease that make a subnet drained. */
  readonly drainMs: number;
  /** From when no configuration offers a subnet until no pod can be getting an address of it. */
  readonly closingMs: number;
}

/** How long until a subnet that just left the configuration is looked at. */
const soonMs = 500;

/** How long until something becomes true of a subnet by the passing of time alone; undefined: nothing does. */
export function lookAgainMs(
  subnets: readonly OwnSubnet[],
  quiet: QuietSubnets,
  nowMs: number,
  { drainMs, closingMs }: Patience,
): number | undefined {
  const waits = subnets
    .filter(({ state, stale }) => !stale && state !== "Active")
    .map(({ prefix, state }) => {
      const known = quiet.get(renderPrefix(prefix));
      if (known === undefined) return soonMs;
      if (state === "Draining") return drainedInMs(known, nowMs, drainMs);
      return known.emptySinceMs === undefined ? undefined : Math.max(0, known.outSinceMs + closingMs - nowMs);
    })
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** What was seen of a subnet since it left the CNI configuration. Times are milliseconds on a clock that never steps back. */
export interface Quiet {
  /** The first look at which the configuration read back did not offer it. */
  readonly outSinceMs: number;
  /** The first look since then, and since its last lease, at which it had none; undefined: it has some. */
  readonly emptySinceMs: number | undefined;
}

/** Subnet as text → what was seen of it; one that is offered to new pods does not stand here. */
export type QuietSubnets = ReadonlyMap<string, Quiet>;

/** One look at a subnet. */
export interface QuietLook {
  readonly cidr: string;
  readonly leases: number;
  /** A configuration that stands gives its addresses to new pods. */
  readonly isOffered: boolean;
}

/** What is known after another look. The configuration has to have been read before the leases were. */
export function lookAtQuiet(before: QuietSubnets, looks: readonly QuietLook[], nowMs: number): QuietSubnets {
  return new Map(
    looks
      .filter((look) => !look.isOffered)
      .map(({ cidr, leases }) => {
        const known = before.get(cidr);
        return [
          cidr,
          { outSinceMs: known?.outSinceMs ?? nowMs, emptySinceMs: leases > 0 ? undefined : (known?.emptySinceMs ?? nowMs) },
        ];
      }),
  );
}

/** Whether a subnet had no lease in two looks that far apart, both after it left the configuration. */
export function isDrained(quiet: Quiet | undefined, nowMs: number, apartMs: number): boolean {
  return quiet?.emptySinceMs !== undefined && nowMs - quiet.emptySinceMs >= apartMs;
}

/** How long until the subnet can count as drained; undefined where that is not a matter of time, or it does already. */
export function drainedInMs(quiet: Quiet | undefined, nowMs: number, apartMs: number): number | undefined {
  if (quiet?.emptySinceMs === undefined || isDrained(quiet, nowMs, apartMs)) return undefined;
  return quiet.emptySinceMs + apartMs - nowMs;
}

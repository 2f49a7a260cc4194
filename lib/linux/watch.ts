import { type Clock, systemClock } from "../reconcile/clock.ts";
import { pause } from "../reconcile/pause.ts";
import type { Exec } from "./exec.ts";
import { mark } from "./kinds/mark.ts";

/** Why the kernel should be looked at again. */
export interface Hint {
  /** `"changed"`: something did change. `"missed"`: changes may have gone by unseen, so look at everything. */
  readonly what: "changed" | "missed";
  /** e.g. a line of `ip monitor`; for people, not for programs: its form differs from version to version. */
  readonly detail: string;
}

/** How long to wait; for tests and slow machines. */
export interface WatchTimes {
  /** After a watch began, until what changed before it listened is taken as missed. Default 500. */
  readonly settleMs?: number;
  /** Before the first restart; doubled with each that follows soon. Default 100. */
  readonly firstRetryMs?: number;
  /** Default 30,000. */
  readonly longestRetryMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Large enough for a burst of thousands of routes; where the machine allows less, an overrun shows as a complaint, and that as `missed`. */
const receiveBuffer = "16777216";
const command = ["ip", "-rcvbuf", receiveBuffer, "monitor", "label", "route", "nexthop", "address", "link", "neigh"];

/** How `ip` says that the kernel had more to tell than the buffer holds. */
const overrun = "No buffer space available";

/**
 * Neighbors come and go with all traffic of a node, so those that are not on tunnels of ours are dropped before anything else. Forwarding entries are told as neighbors, too.
 * Of routes that the kernel makes for an address nothing is told that was not told of the address; and a link's second line says nothing that its first does not.
 */
const concerns = (line: string) => {
  if (line.startsWith("[NEIGH]")) return line.includes(` dev ${mark.linkPrefix}`);
  return !line.startsWith(" ") && !(line.startsWith("[ROUTE]") && line.includes(" proto kernel "));
};

/**
 * Calls `listen` for each change of routes, nexthops, addresses, links and of what stands on tunnels of ours, foreign or our own, until `signal` aborts; resolves then.
 * Hints come one per changed object, thousands in a burst: the caller waits for a pause. A watch that ends is begun again. So is one that was overrun: until it has read
 * all that it still holds, the kernel drops whatever comes, without a further word (netlink_overrun of Linux 6.18), so a look made meanwhile is not the last one that is due.
 */
export async function watchKernel(
  exec: Exec,
  listen: (hint: Hint) => void,
  signal: AbortSignal,
  times: WatchTimes = {},
): Promise<void> {
  const { settleMs = 500, firstRetryMs = 100, longestRetryMs = 30_000, clock = systemClock } = times;
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    let wasHeard = false;
    const behind = new AbortController();
    const unsettle = clock.after(settleMs, () => listen({ what: "missed", detail: "the watch has begun" }));
    const listener = {
      line: (detail: string) => {
        wasHeard = true;
        if (concerns(detail)) listen({ what: "changed", detail });
      },
      complaint: (detail: string) => {
        listen({ what: "missed", detail });
        if (detail.includes(overrun)) behind.abort();
      },
    };
    const reason = await exec.follow(command, listener, AbortSignal.any([signal, behind.signal]));
    unsettle();
    if (signal.aborted) return;
    if (reason !== undefined) listen({ what: "missed", detail: reason });
    if (wasHeard) retryMs = firstRetryMs;
    await pause(clock, retryMs, signal);
    retryMs = Math.min(retryMs * 2, longestRetryMs);
  }
}

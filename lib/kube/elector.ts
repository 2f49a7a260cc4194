import type { Clock } from "../reconcile/clock.ts";
import { pause } from "../reconcile/pause.ts";
import type { Lease } from "./builtin.ts";
import { isKubeError } from "./errors.ts";
import { freedLease, heldForMs, heldLease, type LeaseStore } from "./lease.ts";
import type { Stored } from "./resource.ts";

/** How long things may take, in milliseconds: retry well below renewWithin, that below lease. */
export interface LeaseTiming {
  /** Others leave the Lease alone for so long after they saw it change. */
  readonly leaseMs: number;
  /** A leader that could not renew for so long leads no more. */
  readonly renewWithinMs: number;
  /** One try follows the other after 0.6 to 0.9 of this, so that with the request it is about this at most. */
  readonly retryMs: number;
}

/** A gain or loss of leadership. */
export interface LeaderChange {
  readonly leads: boolean;
  readonly because: string;
  /** As last read or written. */
  readonly lease: Stored<Lease> | undefined;
}

export interface ElectorOptions {
  readonly store: LeaseStore;
  /** Of this process alone: two of one identity would both lead. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in the Lease, which people read. */
  readonly wallClock: () => number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Whether this process could do the work; until it once could it does not stand for election. */
  readonly isFit: () => boolean;
  readonly onChange: (change: LeaderChange) => void;
  /** A try that failed, about to be repeated; losing a race is none. */
  readonly onProblem: (error: unknown) => void;
}

/** One candidate for a Lease. */
export interface Elector {
  /** Looks at the clock each time, so that a process that was stopped for long knows at once. */
  leads(): boolean;
  /** Stands for election until the signal fires, then gives the Lease back; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

interface State {
  /** On the clock; counted from before the request that renewed. */
  leadsUntil: number;
  leadsSaid: boolean;
  lease: Stored<Lease> | undefined;
  /** The Lease's spec as it was last seen to change, and when that was. */
  seen: { readonly spec: string; readonly at: number } | undefined;
  cancelDeadline: () => void;
}

/** Between two looks at `isFit`. */
const fitnessMs = 50;

/** What a shutdown waits for the Lease to be given back. */
const releaseWithinMs = 2_000;

/**
 * Leader election by a Lease. Times in the Lease are never judged: another holder's time is up when this process has not seen the Lease change for as long as
 * the holder asked for, by this process's own monotonic clock. So clocks that are wrong or step do nothing. With clocks that run at about one speed no two
 * lead at once; nothing may rest on that, since a process can be stopped between asking `leads` and acting.
 */
export function createElector(options: ElectorOptions): Elector {
  const { clock, timing, random, isFit } = options;
  const state: State = {
    leadsUntil: Number.NEGATIVE_INFINITY,
    leadsSaid: false,
    lease: undefined,
    seen: undefined,
    cancelDeadline: () => {},
  };
  return {
    leads: () => isLeader(options, state),
    async run(signal) {
      while (!signal.aborted && !isFit()) await pause(clock, Math.min(fitnessMs, timing.retryMs), signal);
      while (!signal.aborted) {
        try {
          await stand(options, state, signal);
        } catch (error) {
          if (signal.aborted) break;
          if (!isKubeError(error, "Conflict", "AlreadyExists", "NotFound")) options.onProblem(error);
        }
        await pause(clock, timing.retryMs * (0.6 + random() * 0.3), signal);
      }
      await release(options, state);
    },
  };
}

function isLeader({ clock }: ElectorOptions, { leadsUntil }: State): boolean {
  return clock.now() < leadsUntil;
}

/** One try to get or keep the Lease. */
async function stand(options: ElectorOptions, state: State, signal: AbortSignal): Promise<void> {
  const { store, identity, timing, clock } = options;
  const request = { signal, timeoutMs: timing.renewWithinMs / 2 };
  const began = clock.now();
  const found = await store.read(request);
  note(options, state, found);
  const holder = found?.spec?.holderIdentity;
  if (found !== undefined && holder && holder !== identity && !isOver(options, state, found)) {
    lead(options, state, Number.NEGATIVE_INFINITY, `${holder} holds the Lease`);
    return;
  }
  const held = heldLease(found, { identity, leaseMs: timing.leaseMs, nowMs: options.wallClock() });
  note(options, state, await store.write(held, request));
  lead(options, state, began + timing.renewWithinMs, whyFree(holder, identity));
}

function whyFree(holder: string | undefined, identity: string): string {
  if (!holder) return "nobody held the Lease";
  return holder === identity ? "the Lease is renewed again" : `the time of ${holder} was up`;
}

function note({ clock }: ElectorOptions, state: State, lease: Stored<Lease> | undefined): void {
  const spec = JSON.stringify(lease?.spec ?? {});
  if (state.seen?.spec !== spec) state.seen = { spec, at: clock.now() };
  state.lease = lease;
}

function isOver({ clock }: ElectorOptions, { seen }: State, lease: Lease): boolean {
  return seen !== undefined && clock.now() - seen.at >= heldForMs(lease);
}

/** Leads until then, and says so where that is news. */
function lead(options: ElectorOptions, state: State, until: number, because: string): void {
  const { clock } = options;
  state.leadsUntil = until;
  state.cancelDeadline();
  state.cancelDeadline = () => {};
  const leads = isLeader(options, state);
  if (leads) {
    const late = "the Lease could not be renewed in time";
    state.cancelDeadline = clock.after(until - clock.now(), () => lead(options, state, Number.NEGATIVE_INFINITY, late));
  }
  if (leads === state.leadsSaid) return;
  state.leadsSaid = leads;
  options.onChange({ leads, because, lease: state.lease });
}

/** A write whose answer was lost may have been done, so the Lease is looked at whatever we know. */
async function release(options: ElectorOptions, state: State): Promise<void> {
  const { store, identity } = options;
  lead(options, state, Number.NEGATIVE_INFINITY, "it stops");
  const request = { timeoutMs: releaseWithinMs / 2 };
  try {
    const found = await store.read(request);
    if (found?.spec?.holderIdentity === identity) await store.write(freedLease(found, options.wallClock()), request);
  } catch (error) {
    options.onProblem(error);
  }
}

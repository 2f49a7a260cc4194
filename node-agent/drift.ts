import type { NodeNetwork } from "../crds/types.ts";
import { renderTime } from "../crds/conditions.ts";
import type { Log } from "../lib/daemon/log.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { AgentRun } from "./agent.ts";
import { type Contended, contendedIn, leftAloneMs, quarrelsIn, type RepairHistory, withRepairs } from "./plan/contention.ts";
import { driftOf, type Repair, type NodeStanding } from "./plan/drift.ts";
import type { DriftFacts } from "./plan/drift-status.ts";

export interface DriftOptions {
  readonly log: Log;
  readonly metrics: AgentMetrics;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds since 1970, for the times in a status and nothing else. */
  readonly wallClock: () => number;
}

/** Since when things may have been wrong that a run put right; by the clock. */
export interface LastSeen {
  /** When the kernel first told of a change after the look before; undefined: it did not. */
  readonly changedMs: number | undefined;
  /** When all of a kind of which it does not tell was last seen right; undefined of the others. */
  readonly unheardMs: (kind: string) => number | undefined;
}

/** Knows what was put right on this node though nobody wanted anything else. */
export interface DriftWatch {
  /** A run begins. */
  readonly begin: () => void;
  /** Takes in a run that has just ended; `own`: the NodeNetwork it was made of, where there is one. */
  readonly note: (run: AgentRun, own: NodeNetwork | undefined, seen: LastSeen) => DriftFacts;
  /** How long a change is left as it is that the kernel tells of in this line; 0: not at all. */
  readonly leftAloneMs: (line: string) => number;
  /** Whether the kernel tells in this line of something that somebody keeps undoing. */
  readonly isQuarrel: (line: string) => boolean;
}

/** Between two warnings. */
const toldApartMs = 60_000;

/** What a status takes; see its schema. */
const most = 1_000_000_000;

/** One that has seen no run; it counts on from what stands in the API. */
export function createDriftWatch({ log, metrics, clock, wallClock }: DriftOptions): DriftWatch {
  const repaired = metrics.counter("podnet_agent_drift_repairs_total");
  const quarrels = metrics.gauge("podnet_agent_drift_contended");
  const tell = createTeller(log, clock);
  const tally = createTally();
  let standing: NodeStanding = new Map();
  let history: RepairHistory = new Map();
  let contended: readonly Contended[] = [];
  let lookedMs: number | undefined;
  let lookMs: number | undefined;

  const lastOf = ([first]: readonly Repair[], { changedMs, unheardMs }: LastSeen, nowMs: number): Last | undefined => {
    if (first === undefined) return undefined;
    const rightMs = unheardMs(first.kind);
    const sinceMs = rightMs === undefined ? (changedMs ?? lookedMs ?? nowMs) : Math.max(rightMs, lookedMs ?? rightMs);
    return { ...first, at: renderTime(wallClock()), wrongMs: Math.min(most, Math.max(0, Math.round(nowMs - sinceMs))) };
  };
  const note: DriftWatch["note"] = (run, own, seen) => {
    const nowMs = clock.now();
    const { repairs, ...after } = driftOf(standing, run.kinds);
    for (const { kind } of repairs) repaired.add({ kind });
    const last = lastOf(repairs, seen, nowMs);
    if (last !== undefined) tell(last, repairs.length);
    history = withRepairs(history, repairs, nowMs);
    const now = contendedIn(history);
    if (contended.length === 0 && now[0] !== undefined) tellQuarrel(log, now[0]);
    quarrels.set(now.length);
    [standing, lookedMs, lookMs, contended] = [after.standing, nowMs, undefined, now];
    return { ...tally(own, repairs.length, last), contended };
  };
  return {
    note,
    begin: () => void (lookMs = clock.now()),
    leftAloneMs: (line) => leftAloneMs(contended, line, clock.now(), lookMs),
    isQuarrel: (line) => quarrelsIn(contended, line).length > 0,
  };
}

type Last = NonNullable<DriftFacts["last"]>;

/** Counts on from what stood in the API at first sight, over whatever becomes of that later. */
function createTally(): (own: NodeNetwork | undefined, more: number, last: Last | undefined) => Omit<DriftFacts, "contended"> {
  let before: { readonly status: NodeNetwork["status"] | undefined } | undefined;
  let count = 0;
  let newest: Last | undefined;
  return (own, more, last) => {
    before ??= own && { status: own.status };
    count += more;
    newest = last ?? newest;
    const drift = before?.status?.drift;
    return { repairsTotal: Math.min(most, (drift?.repairsTotal ?? 0) + count), last: newest ?? drift?.last };
  };
}

function tellQuarrel(log: Log, { kind, key }: Repair): void {
  log.warn("somebody keeps undoing what is set up here; see DriftContended of the NodeNetwork", { kind, key });
}

/** Warns of the first repair, and then once a minute at most, of the newest. */
function createTeller(log: Log, clock: Pick<Clock, "now">): (last: Last, repairs: number) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return ({ kind, key, because, wrongMs }, repairs) => {
    untold += repairs;
    if (clock.now() - toldMs < toldApartMs) return;
    log.warn("somebody else's change was undone", { kind, key, because, durationMs: wrongMs, detail: { repairs: untold } });
    [toldMs, untold] = [clock.now(), 0];
  };
}

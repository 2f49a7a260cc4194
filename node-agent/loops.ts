import type { NodeNetwork, NodeSubnet } from "../crds/types.ts";
import type { Checks } from "../lib/daemon/health.ts";
import type { Log } from "../lib/daemon/log.ts";
import type { Informer } from "../lib/kube/informer.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type LastRun, type Loop, type LoopFailure, type LoopOptions, startLoop } from "../lib/reconcile/loop.ts";
import { type AgentRun, createAgent } from "./agent.ts";
import { startDriftKeeper } from "./drift-keeper.ts";
import type { JournalFile } from "./journal-file.ts";
import { startLeakLoop } from "./leak-loop.ts";
import type { AgentMetrics } from "./metrics.ts";
import { summaryOf } from "./plan/at-once.ts";
import type { AgentView } from "./plan/decide.ts";
import type { Identity } from "./plan/journal.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { type Prober, startProber } from "./prober.ts";
import type { AgentPlace } from "./program.ts";
import type { Reporter } from "./report.ts";
import { createRunLog } from "./run-log.ts";
import { createRunMetrics } from "./run-metrics.ts";
import { createSurroundings } from "./surroundings.ts";

export interface AgentLoopsOptions {
  readonly nodeName: string;
  readonly place: AgentPlace;
  readonly identity: Identity;
  readonly journal: JournalFile;
  readonly drainMs: number;
  /** Between the two looks that take back an address which no pod has. */
  readonly leakMs: number;
  readonly own: Pick<Informer<NodeNetwork>, "get" | "synced">;
  readonly claims: Pick<Informer<NodeSubnet>, "synced" | "relist" | "broken"> & { list(): AgentView["claims"] };
  readonly reporter: Reporter;
  readonly log: Log;
  readonly metrics: AgentMetrics;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in a status and nothing else. */
  readonly wallClock: () => number;
  /** The node's `/run`, or where folders of it are mounted. */
  readonly runFolder: string;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly resyncMs: number;
  /** UDP; 0: no probes. */
  readonly probePort: number;
  readonly signal: AbortSignal;
}

/** The loops of an agent. */
export interface AgentLoops {
  /** Something may have changed: look at the node. */
  trigger(because: string): void;
  /** Something outside did change, as this line tells, e.g. one of `ip monitor`. */
  changed(line: string): void;
  readonly ready: Checks;
  /** Resolves when the signal fired and no loop runs. */
  readonly stopped: Promise<void>;
}

/** Between the starts of two runs, on the average: a pod that comes changes several links, one after the other. */
const minIntervalMs = 150;

/** Runs at once after a pause, so that a repair, the look at what came of it, and the next repair wait for nothing. */
const burst = 5;

/** What there is to report: an outcome, and the very object that it is about. */
interface Latest {
  readonly own: Stored<NodeNetwork>;
  readonly outcome: RunOutcome;
}

/**
 * One loop keeps the node right, one the report of it, one probes other nodes, and one takes back addresses that pods left behind: an API server that does not answer never delays a repair.
 * Until both informers are synced, the agent has only what its journal says.
 */
export function startAgentLoops(options: AgentLoopsOptions): AgentLoops {
  const { nodeName, place, identity, journal, own, claims, reporter, log, clock, random, signal } = options;
  const shared = { clock, random, signal };
  const agent = createAgent({ node: nodeName, place, clock, identity, journal, drainMs: options.drainMs });
  const note = createRunNotes(options);
  const surroundings = createSurroundings(place, clock);
  const [isSynced, pastOf] = [() => own.synced && claims.synced, onOtherPast(claims)];
  const leaks = startLeakLoop({ ...options, apartMs: options.leakMs, onCollected: () => program.trigger("leases collected") });
  const drift = startDriftKeeper(options, (line) => program.trigger(line));
  const toldAll = async ({ own, outcome }: Latest) => {
    const reached = { ...(await drift.told(outcome)), reachability: prober.reachability() };
    return leaks.told(await surroundings.told(reached, own), own);
  };
  let latest: Latest | undefined;
  let hasRun = false;

  // A heartbeat says that the node is looked after: none while it cannot be looked at.
  const toReport = () => (program.lastRun()?.ok === false ? undefined : latest);
  const onFailure = failed(log, "status could not be written, trying again");
  const report: Loop = startLoop({ ...shared, run: reporting(reporter, toReport, toldAll), onFailure });
  const program: Loop = startLoop({
    ...shared,
    minIntervalMs,
    burst,
    summary: summaryOf,
    resyncMs: options.resyncMs,
    run: (because) =>
      drift.during(because, async (noteDrift, mendable) => {
        const [began, object] = [clock.now(), isSynced() ? own.get(nodeName) : undefined];
        pastOf(object);
        const run = await agent.run(isSynced() ? { own: object, claims: claims.list() } : undefined, mendable);
        if (run === undefined) return undefined;
        note.run(run, object?.spec.subnets.length ?? 0, because, clock.now() - began);
        const seen = noteDrift(run, object);
        latest = object && run.outcome && { own: object, outcome: { ...run.outcome, drift: seen } };
        if (run.probing !== undefined) prober.follow(run.probing, object?.status?.reachability);
        hasRun = true;
        relistUnclaimed(claims, run.outcome);
        report.trigger("run");
        return again(run);
      }),
    onFailure: (failure) => note.failed(failure),
  });
  const prober = probing(options, () => report.trigger("probes"));

  return {
    trigger: (because) => program.trigger(because),
    changed: (line) => drift.changed(line),
    ready: readyChecks(options, () => ({ hasRun, last: program.lastRun() })),
    stopped: allStopped(program, report, prober, leaks, drift),
  };
}

function again({ againAfterMs }: AgentRun): { readonly againAfterMs: number } | undefined {
  return againAfterMs === undefined ? undefined : { againAfterMs };
}

async function allStopped(...all: readonly { readonly stopped: Promise<unknown> }[]): Promise<void> {
  await Promise.all(all.map(({ stopped }) => stopped));
}

function reporting(
  reporter: Reporter,
  toReport: () => Latest | undefined,
  toldAll: (latest: Latest) => Promise<RunOutcome>,
): LoopOptions["run"] {
  return async () => {
    const latest = toReport();
    return latest && { againAfterMs: await reporter.report(latest.own, await toldAll(latest)) };
  };
}

function probing({ probePort: port, log, ...options }: AgentLoopsOptions, onChange: () => void): Prober {
  return startProber({ ...options, port, onChange, onFailure: failed(log, "other nodes could not be probed, trying again") });
}

function readyChecks(
  { own, claims }: Pick<AgentLoopsOptions, "own" | "claims">,
  looked: () => { readonly hasRun: boolean; readonly last: LastRun | undefined },
): Checks {
  return {
    "NodeNetwork known": () => check(own.synced, "the API server has not listed it yet"),
    "NodeSubnets known": () => check(claims.synced, "the API server has not listed them yet"),
    "node looked at": () => {
      const { hasRun, last } = looked();
      return check(hasRun && last?.ok === true, reasonOf(last?.error));
    },
  };
}

/**
 * Lists the claims anew when the spec is of another incarnation than before, or is the first one after a break: objects were lost or restored, and what this
 * agent knows of claims may be of a past that never was.
 */
export function onOtherPast(claims: Pick<Informer<NodeSubnet>, "relist" | "broken">): (own: NodeNetwork | undefined) => void {
  let known: string | undefined;
  return (own) => {
    if (own === undefined) return;
    const isOther = known === undefined ? claims.broken : known !== own.spec.incarnation;
    if (isOther) claims.relist();
    known = own.spec.incarnation;
  };
}

/** Lists the claims anew, once after a break, where the one that the spec counts on is not among them. */
export function relistUnclaimed(
  claims: Pick<Informer<NodeSubnet>, "relist" | "broken">,
  outcome: Pick<RunOutcome, "faults"> | undefined,
): void {
  if (claims.broken && outcome?.faults.some(({ reason }) => reason === "SubnetUnclaimed") === true) claims.relist();
}

/** Tells people and counters of runs. */
function createRunNotes({ log, metrics }: AgentLoopsOptions) {
  const [runLog, runMetrics] = [createRunLog(log), createRunMetrics(metrics)];
  const tellFailure = failed(log, "the node could not be looked at, trying again");
  return {
    run(run: AgentRun, subnets: number, because: readonly string[], durationMs: number) {
      runLog.note(run, because, durationMs);
      runMetrics.note(run, subnets, durationMs);
    },
    failed(failure: LoopFailure) {
      runMetrics.failed();
      tellFailure(failure);
    },
  };
}

/** Tells the first failure in a row; those that follow are of interest to the curious only. */
function failed(log: Log, message: string): LoopOptions["onFailure"] {
  return ({ error, attempt, retryMs }) =>
    log[attempt === 1 ? "warn" : "debug"](message, { err: error, detail: { attempt, retryMs } });
}

function check(ok: boolean, reason: string): ReturnType<Checks[string]> {
  return ok ? { ok } : { ok, reason };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "not yet";
}

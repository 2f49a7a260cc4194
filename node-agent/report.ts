import { renderTime, setConditions, type Verdict } from "../crds/conditions.ts";
import { nextHeartbeatMs } from "../crds/heartbeat.ts";
import { fieldManagers, nodeNetworkResource } from "../crds/names.ts";
import type { NodeNetwork, NodeNetworkStatus } from "../crds/types.ts";
import { applyObject } from "../lib/kube/apply.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Resource, Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { nodeReport, type RunOutcome } from "./plan/node-status.ts";
import { hasOtherDrift, hasOtherReach, hasOtherUse, type Reported, reportAt } from "./plan/report-time.ts";

/** This node's own kind in the API. */
export const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

export interface ReporterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Milliseconds since 1970, for the times in a status and nothing else. */
  readonly wallClock: () => number;
  readonly agentVersion: string;
  /** Between two writes without a change, at least; more where there are many nodes. */
  readonly heartbeatMs: number;
  /** Default: nobody. */
  readonly notes?: StatusNotes;
  readonly signal: AbortSignal;
}

/** Hears what becomes of statuses. */
export interface StatusNotes {
  /** Conditions, as they are now; told whether or not they are written. */
  found(verdicts: readonly Verdict[]): void;
  written(): void;
  /** The server did not take one. */
  failed(error: unknown): void;
}

/** Brings what a run came to into the status of the node's own NodeNetwork. */
export interface Reporter {
  /**
   * Writes the status where it is time to; gives how long until it is again, if nothing changes.
   * @throws {KubeError} when the server did not take it.
   */
  report(own: Stored<NodeNetwork>, outcome: RunOutcome): Promise<number>;
}

/** After this long our copy of the object shows what we wrote, or somebody else wrote over it. */
const settledMs = 5_000;

/** What stands in the API as far as we know, and of which object. */
interface StandingStatus extends Reported {
  readonly uid: string;
  /** When we wrote it; -Infinity: we read it there. */
  readonly atMs: number;
}

const never = Number.NEGATIVE_INFINITY;
const untold = { useToldMs: never, reachToldMs: never, driftToldMs: never };

/** A reporter that has written nothing yet; it begins with what it finds in the API. */
export function createReporter(options: ReporterOptions): Reporter {
  const { clock, random } = options;
  let standing: StandingStatus | undefined;
  const periodMs = ({ facts }: RunOutcome) => nextHeartbeatMs(options.heartbeatMs, facts.nodes, random());

  const note = (own: Stored<NodeNetwork>, outcome: RunOutcome): void => {
    const known = standing?.uid === own.metadata.uid ? standing : undefined;
    if (known !== undefined && clock.now() - known.atMs < settledMs) return;
    if (own.status?.conditions === undefined) standing = undefined;
    else {
      // Agents that start together do not write together.
      const heartbeatMs = known?.heartbeatMs ?? clock.now() + periodMs(outcome) * random();
      const { useToldMs, reachToldMs, driftToldMs } = known ?? untold;
      const told = { heartbeatMs, useToldMs, reachToldMs, driftToldMs };
      standing = { uid: own.metadata.uid, status: own.status, ...told, atMs: Number.NEGATIVE_INFINITY };
    }
  };

  const report = async (own: Stored<NodeNetwork>, outcome: RunOutcome): Promise<number> => {
    note(own, outcome);
    const next = statusOf(own, outcome, standing?.status, options);
    const at = reportAt(standing, next, outcome.facts, clock.now());
    // Whole milliseconds, as timers have them: what rounding leaves would be waited for again and again.
    if (at > clock.now()) return Math.ceil(at - clock.now());
    const { name, uid } = own.metadata;
    const status = { ...next, observedAt: renderTime(options.wallClock()) };
    await writeStatus(options, { metadata: { name, uid }, status });
    const period = periodMs(outcome);
    const [before, atMs] = [standing, clock.now()];
    const told = before ?? untold;
    const toldMs = (has: typeof hasOtherUse, beforeMs: number) => (before && has(before.status, status) ? atMs : beforeMs);
    standing = {
      uid,
      status,
      heartbeatMs: atMs + period,
      useToldMs: toldMs(hasOtherUse, told.useToldMs),
      reachToldMs: toldMs(hasOtherReach, told.reachToldMs),
      driftToldMs: hasOtherDrift(before?.status ?? {}, status) ? atMs : told.driftToldMs,
      atMs,
    };
    return period;
  };

  return { report };
}

async function writeStatus({ client, signal, notes }: ReporterOptions, object: ReportedObject): Promise<void> {
  try {
    await applyObject(client, nodeNetworks, object, {
      fieldManager: fieldManagers.agent,
      subresource: "status",
      force: true,
      signal,
    });
    notes?.written();
  } catch (error) {
    if (!signal.aborted) notes?.failed(error);
    throw error;
  }
}

interface ReportedObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: NodeNetworkStatus;
}

function statusOf(
  own: Stored<NodeNetwork>,
  outcome: RunOutcome,
  previous: NodeNetworkStatus | undefined,
  { agentVersion, wallClock, notes }: ReporterOptions,
): NodeNetworkStatus {
  const { status, findings } = nodeReport(outcome, previous, agentVersion);
  notes?.found(findings);
  const judged = { observedGeneration: own.metadata.generation ?? 0, nowMs: wallClock() };
  return { ...status, conditions: setConditions(previous?.conditions ?? [], findings, judged) };
}

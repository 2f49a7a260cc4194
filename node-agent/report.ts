import { setConditions } from "../crds/conditions.ts";
import { fieldManagers, nodeNetworkResource } from "../crds/names.ts";
import type { NodeNetwork, NodeNetworkStatus } from "../crds/types.ts";
import { applyObject } from "../lib/kube/apply.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Resource, Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { nodeReport, type RunOutcome } from "./plan/node-status.ts";
import { peersSilenceMs, type Reported, reportAt } from "./plan/report-time.ts";

/** This node's own kind in the API. */
export const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

export interface ReporterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Milliseconds since 1970, for the times of conditions. */
  readonly wallClock: () => number;
  readonly agentVersion: string;
  readonly signal: AbortSignal;
}

/** Brings what a run came to into the status of the node's own NodeNetwork. */
export interface Reporter {
  /**
   * Writes the status where it is time to; else gives how long to wait, or undefined where there is nothing to write.
   * @throws {KubeError} when the server did not take it.
   */
  report(own: Stored<NodeNetwork>, outcome: RunOutcome): Promise<number | undefined>;
}

/** After this long our copy of the object shows what we wrote, or somebody else wrote over it. */
const settledMs = 5_000;

/** What stands in the API as far as we know, and of which object. */
interface Standing extends Reported {
  readonly uid: string;
  /** When we wrote it; -Infinity: we read it there. */
  readonly atMs: number;
}

/** A reporter that has written nothing yet; it begins with what it finds in the API. */
export function createReporter(options: ReporterOptions): Reporter {
  const { client, clock, random, signal } = options;
  let standing: Standing | undefined;

  const note = (own: Stored<NodeNetwork>, outcome: RunOutcome): void => {
    const known = standing?.uid === own.metadata.uid ? standing : undefined;
    if (known !== undefined && clock.now() - known.atMs < settledMs) return;
    if (own.status?.conditions === undefined) standing = undefined;
    else {
      const peersFromMs = known?.peersFromMs ?? clock.now() + peersSilenceMs(nodesIn(outcome), random());
      standing = { uid: own.metadata.uid, status: own.status, peersFromMs, atMs: Number.NEGATIVE_INFINITY };
    }
  };

  const report = async (own: Stored<NodeNetwork>, outcome: RunOutcome): Promise<number | undefined> => {
    note(own, outcome);
    const next = statusOf(own, outcome, standing?.status, options);
    const at = reportAt(standing, next, clock.now());
    if (at === undefined) return undefined;
    if (at > clock.now()) return at - clock.now();
    const { name, uid } = own.metadata;
    const body = { metadata: { name, uid }, status: next };
    await applyObject(client, nodeNetworks, body, {
      fieldManager: fieldManagers.agent,
      subresource: "status",
      force: true,
      signal,
    });
    const peersFromMs = clock.now() + peersSilenceMs(nodesIn(outcome), random());
    standing = { uid, status: next, peersFromMs, atMs: clock.now() };
    return undefined;
  };

  return { report };
}

function statusOf(
  own: Stored<NodeNetwork>,
  outcome: RunOutcome,
  previous: NodeNetworkStatus | undefined,
  { agentVersion, wallClock }: ReporterOptions,
): NodeNetworkStatus {
  const { status, findings } = nodeReport(outcome, previous, agentVersion);
  const judged = { observedGeneration: own.metadata.generation ?? 0, nowMs: wallClock() };
  return { ...status, conditions: setConditions(previous?.conditions ?? [], findings, judged) };
}

function nodesIn({ programmed }: RunOutcome): number {
  return new Set(programmed?.plan.peers.map((peer) => peer.node)).size + 1;
}

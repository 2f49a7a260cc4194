import assert from "node:assert/strict";
import { podNetworkReasons, renderTime } from "../../crds/conditions.ts";
import type { Condition, NodeNetworkStatus, NodeSubnetSpec, PodNetworkStatus } from "../../crds/types.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import type { Blockers } from "../../operator/plan/finalize.ts";
import { planHolds } from "../../operator/plan/hold.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { nodeStates } from "../../operator/plan/node-states.ts";
import { type FailedWrite, refusedWrites } from "../../operator/plan/refused-writes.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Readiness, Snapshot } from "../../operator/plan/snapshot.ts";
import { summarize } from "../../operator/plan/summarize.ts";
import { bornAtMs, claim, condition, node, type NodePart, record, withLedger } from "./plan-snapshot.ts";

/** What an agent says of its node; undefined for one that has not spoken. */
export type Report = NodeNetworkStatus | undefined;

/** Node N, whose kubelet says this of itself. */
export function nodeOf(number: number, readiness: Readiness = "Never", part: NodePart = {}): NodeFacts {
  const conditions = readiness === "Never" ? [] : [{ type: "Ready", status: readiness }];
  return node(`node-${number}`, { addresses: [`192.168.1.${10 + number}`], conditions, ...part });
}

/** The claim of 10.244.N.0/24 for node N. */
export function claimOf(owner: NodeFacts, of: Network, part: Partial<NodeSubnetSpec> = {}): Claim {
  return claim(`10.244.${owner.name.slice(5)}.0/24`, owner, of, part);
}

/** The first NodeNetwork of every node, with what its agent reports. */
export function recordsOf(snapshot: Snapshot, reports: Readonly<Record<string, Report>>): NodeRecord[] {
  return nodeNetworkSteps(snapshot, allocate(snapshot)).flatMap(({ want }): NodeRecord[] => {
    if (want === undefined || !(want.metadata.name in reports)) return [];
    const status = reports[want.metadata.name];
    const own = { nodeUID: want.spec.nodeUID, ...status };
    return [record({ ...want, ...(status !== undefined && { status: own }) })];
  });
}

/** Node N with 10.244.N.0/24; those that `reports` names have a NodeNetwork, with that status. */
export function worldOf(of: Network, nodes: readonly NodeFacts[], reports: Readonly<Record<string, Report>>): Snapshot {
  const bare = withLedger({ networks: [of], nodes, claims: nodes.map((owner) => claimOf(owner, of)) });
  return { ...bare, records: recordsOf(bare, reports) };
}

/** An agent's report of its first programming, done or not, in time for `nowMs`. */
export function reportAt(nowMs: number, status: Condition["status"] = "True", part: NodeNetworkStatus = {}): NodeNetworkStatus {
  const verdict =
    status === "True"
      ? condition("Programmed", "True")
      : condition("Programmed", status, { reason: "LinkInUse", message: "cni0 belongs to somebody else; remove it" });
  return { observedAt: renderTime(nowMs), configGeneration: status === "True" ? 1 : 0, conditions: [verdict], ...part };
}

export interface Question {
  /** A second after everything was created, unless given. */
  readonly nowMs?: number;
  readonly blockers?: ReadonlyMap<string, Blockers>;
  /** Writes that the API server refused. */
  readonly refused?: readonly FailedWrite[];
}

/** The statuses of all networks, by name; every reason in them is a known one. */
export function statusesOf(snapshot: Snapshot, { nowMs = bornAtMs + 1_000, blockers = new Map(), refused = [] }: Question = {}) {
  const allocation = allocate(snapshot);
  const hearing = { nowMs, heartbeatSeconds: 60 };
  const answers = refusedWrites(refused, snapshot, allocation);
  const progress = nodeStates(snapshot, allocation, hearing, nodeNetworkSteps(snapshot, allocation), answers);
  const statuses = summarize({
    snapshot,
    allocation,
    progress,
    blockers,
    refused: answers,
    waiting: planHolds(snapshot, allocation, hearing).waiting,
    nowMs,
  });
  const reasons: Readonly<Record<string, readonly string[]>> = podNetworkReasons;
  for (const { conditions } of statuses.values())
    for (const { type, reason } of conditions ?? []) assert.ok(reasons[type]?.includes(reason), `${type}: ${reason}`);
  return new Map(snapshot.networks.map(({ name, uid }) => [name, statuses.get(uid) ?? assert.fail(name)]));
}

/** The status of the first network. */
export function statusOf(snapshot: Snapshot, question: Question = {}): PodNetworkStatus {
  return statusesOf(snapshot, question).get(snapshot.networks[0]?.name ?? "") ?? assert.fail();
}

/** e.g. `"Ready False/Programming: waiting for 1 node …"`; empty where there is none of that type. */
export function told(status: PodNetworkStatus | undefined, type: string): string {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found === undefined ? "" : `${type} ${found.status}/${found.reason}: ${found.message}`;
}

import type { Condition, NodeNetwork, NodeSubnet, PodNetworkStatus, RangeLedger } from "../../crds/types.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { eventsOf, type PlannedEvent } from "../../operator/plan/events.ts";
import { createPodCount, leavingNetworks, usedPrefixes } from "../../operator/plan/finalize.ts";
import { handedOver, readyToTell } from "../../operator/plan/handed-over.ts";
import { isDeadSilent, isLetGo, planHolds } from "../../operator/plan/hold.ts";
import { type NodeConditionPlan, planNodeCondition } from "../../operator/plan/node-condition.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { nodeStates } from "../../operator/plan/node-states.ts";
import { restStep, nodeSubnetSteps, promotions } from "../../operator/plan/node-subnets.ts";
import { readLedger } from "../../operator/plan/read.ts";
import { ledgerStep } from "../../operator/plan/recovery.ts";
import { isDoneWith, releaseCandidates, vanishedClaim } from "../../operator/plan/release.ts";
import type { Snapshot } from "../../operator/plan/snapshot.ts";
import { standingEvents } from "../../operator/plan/standing-events.ts";
import { summarize } from "../../operator/plan/summarize.ts";
import { withWritten } from "../../operator/plan/written.ts";
import { storedMeta } from "../support/plan-snapshot.ts";

/** All that one pass of the operator would write, were every write done. */
export interface WholePass {
  readonly ledger: Step<RangeLedger> | undefined;
  readonly claims: readonly Step<NodeSubnet>[];
  readonly records: readonly Step<NodeNetwork>[];
  /** By the name of the network. */
  readonly statuses: ReadonlyMap<string, PodNetworkStatus>;
  readonly events: readonly PlannedEvent[];
  /** By the name of the node. */
  readonly conditions: ReadonlyMap<string, NodeConditionPlan>;
}

/** Plans a pass in the operator's order, with its own plans; nothing is asked of anyone, so what seems gone is gone. */
export function wholePass(before: Snapshot, nowMs: number): WholePass {
  const input = { nowMs, newIncarnation: "next", recoverySeconds: 300, heartbeatSeconds: 60, wentBack: false };
  const ledger = ledgerStep(before, input)?.step;
  const entered =
    ledger?.want === undefined ? before : { ...before, ledger: readLedger({ ...ledger.want, metadata: storedMeta("cluster") }) };
  const made = nodeSubnetSteps(entered, allocate(entered));
  const pending = written(entered, made);
  const promoted = promotions(pending, allocate(pending));
  const snapshot = written(pending, promoted);
  const allocation = allocate(snapshot);
  const candidates = releaseCandidates(snapshot, allocation, (record) => isDeadSilent(record, snapshot, input));
  const told = readyToTell(nodeNetworkSteps(snapshot, allocation), () => candidates.vanished);
  const recordOf = new Map(snapshot.records.map((record) => [record.node, record.object]));
  const surplus = candidates.surplus.filter(({ object }) => isDoneWith(object, recordOf.get(object.spec.node)));
  const rests = [
    ...[...handedOver(snapshot, told), ...candidates.departed, ...surplus].map(({ object }) =>
      restStep(object, "it rests", nowMs),
    ),
    ...candidates.vanished.map((one) => vanishedClaim(one, nowMs)),
    ...planHolds(snapshot, allocation, input).expired.map(({ claim: { object: have }, because }): Step<NodeSubnet> => {
      return { op: "remove", kind: "NodeSubnet", key: have.metadata.name, because, have };
    }),
  ];
  const gone = [...candidates.records.filter((record) => isLetGo(record, snapshot, input)), ...candidates.answered];
  const removals = gone.map(({ node, object: have }): Step<NodeNetwork> => {
    return { op: "remove", kind: "NodeNetwork", key: node, because: "it is over", have };
  });
  const claims = [...made, ...promoted, ...rests];
  const records = [...told, ...removals];
  const seen = outcomes(snapshot, nowMs, [...(ledger === undefined ? [] : [ledger]), ...claims, ...records]);
  return { ledger, claims, records, ...seen };
}

function written(snapshot: Snapshot, steps: readonly Step<NodeSubnet>[]): Snapshot {
  const objects = steps.flatMap(({ key, op, want }) =>
    want === undefined || op === "remove" ? [] : [[key, { ...want, metadata: storedMeta(key) }] as const],
  );
  return withWritten(snapshot, steps, { failures: [], objects: new Map(objects) });
}

function outcomes(snapshot: Snapshot, nowMs: number, steps: readonly Step<unknown>[]) {
  const allocation = allocate(snapshot);
  const progress = nodeStates(snapshot, allocation, { nowMs, heartbeatSeconds: 60 });
  const blockers = new Map(
    leavingNetworks(snapshot).map(({ uid }) => {
      const count = createPodCount(usedPrefixes(snapshot, uid));
      count.add([{ phase: "Running", addresses: ["10.244.1.2", "fd00::1"] }]);
      return [uid, count.blockers()];
    }),
  );
  const { waiting } = planHolds(snapshot, allocation, { nowMs, heartbeatSeconds: 60 });
  const all = summarize({ snapshot, allocation, progress, blockers, waiting, nowMs });
  const statuses = new Map(snapshot.networks.flatMap(({ name, uid }) => [[name, all.get(uid) ?? {}] as const]));
  const statusSteps = snapshot.networks.map(({ name, object }): Step<unknown> => {
    const want = { ...object, status: statuses.get(name) };
    return { op: "change", kind: "PodNetwork status", key: name, because: "", want, have: object };
  });
  const claims = Map.groupBy(snapshot.claims, ({ object }) => object.spec.nodeUID);
  const recordOf = new Map(snapshot.records.map((record) => [record.node, record]));
  const conditions = snapshot.nodes.map((node) => {
    const own = {
      node,
      claims: claims.get(node.uid) ?? [],
      record: recordOf.get(node.name),
      network: snapshot.networks[0],
      progress: progress.get(node.name),
    };
    const shared = {
      peers: 1,
      nodeCount: claims.size,
      isRecovering: snapshot.ledger?.recovering ?? true,
      nowMs,
    };
    return [node.name, planNodeCondition({ ...own, ...shared })] as const;
  });
  const events = [...eventsOf([...steps, ...statusSteps]), ...standingEvents(snapshot, allocation)];
  return { statuses, events, conditions: new Map(conditions) };
}

/** Every text of a pass that people are to read. */
export function textsFor({ statuses, events, conditions }: WholePass): {
  readonly conditions: readonly Condition[];
  readonly notes: readonly string[];
  readonly messages: readonly string[];
} {
  return {
    conditions: [...statuses.values()].flatMap((status) => status.conditions ?? []),
    notes: events.map(({ note }) => note),
    messages: [...conditions.values()].flatMap((plan) => (plan.op === "write" ? [plan.condition.message] : [])),
  };
}

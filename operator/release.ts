import type { NodeNetwork, NodeSubnet } from "../crds/types.ts";
import { type Node, nodes } from "../lib/kube/builtin.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import { type Cluster, nodeNetworks } from "./cluster.ts";
import type { HearingInput } from "./plan/hearing.ts";
import { type HoldPlan, isDeadSilent, isLetGo, planHolds } from "./plan/hold.ts";
import { nodeNetworkKind } from "./plan/node-networks.ts";
import { restStep, nodeSubnetKind } from "./plan/node-subnets.ts";
import { numberingStep } from "./plan/recovery.ts";
import { readLedger, readNode } from "./plan/read.ts";
import { isDoneWith, isOwnerGone, numbered, type ReleaseCandidates, releaseCandidates, vanishedClaim } from "./plan/release.ts";
import type { NodeRecord, Snapshot } from "./plan/snapshot.ts";
import type { SightingsKept } from "./sightings.ts";
import type { WriteNotes } from "./write-report.ts";

/** What a pass brings besides the cluster. */
export interface PassHearingInput extends HearingInput {
  readonly sightings: SightingsKept;
}

/** Questions to the API server at a time. */
const parallel = 16;

/**
 * Lays to rest what nodes left behind, each claim only on proof: the API server itself says that the Node is gone or another one, or that its agent is done with
 * the subnet. One that has rested long enough, and that every agent has seen at rest, is removed. An object that changed since it was read is left alone.
 * Gives when to come again.
 */
export async function releaseLeftovers(
  cluster: Cluster,
  notes: WriteNotes,
  input: PassHearingInput,
): Promise<number | undefined> {
  const snapshot = await cluster.gather();
  const allocation = cluster.allocation(snapshot);
  const candidates = releaseCandidates(snapshot, allocation, (record) => isDeadSilent(record, snapshot, input));
  await hold(cluster, notes, candidates, input.nowMs);
  await number(cluster, notes, snapshot, candidates);

  const { expired, againAfterMs } = await holdsNow(cluster, planHolds(snapshot, allocation, input), input);
  const removals = expired.map(({ claim, because }) => claimRemoval(claim.object, because));
  notes.note(removals, await cluster.claims.apply(removals));
  const gone = candidates.records.filter((record) => isLetGo(record, snapshot, input));
  await removeRecords(cluster, notes, gone);
  const answered = candidates.answered.map(({ object }) => recordRemoval(object, "its node has answered that it has nothing"));
  notes.note(answered, await cluster.records.apply(answered));
  return againAfterMs;
}

/** Where the local copies say that something may go, everything is asked anew: a copy may be far behind of what agents have. */
async function holdsNow(cluster: Cluster, seen: HoldPlan, input: PassHearingInput): Promise<HoldPlan> {
  if (seen.expired.length === 0) return seen;
  const gathered = await cluster.gatherNow();
  const nodeOf = await asked(
    seen.expired.map(({ claim }) => claim.object.spec.node),
    (name) => cluster.client.get(nodes, name),
  );
  const snapshot = withNodes(gathered, nodeOf);
  input.sightings.look(snapshot);
  return planHolds(snapshot, cluster.allocation(snapshot), input);
}

/** With the Nodes of these names as they are now: whose Node was made anew may have its subnet still, be its agent silent. */
function withNodes(snapshot: Snapshot, nodeOf: ReadonlyMap<string, Stored<Node> | undefined>): Snapshot {
  const others = snapshot.nodes.filter(({ name }) => !nodeOf.has(name));
  return {
    ...snapshot,
    nodes: [...others, ...[...nodeOf.values()].flatMap((node) => (node === undefined ? [] : [readNode(node)]))],
  };
}

async function hold(cluster: Cluster, notes: WriteNotes, candidates: ReleaseCandidates, nowMs: number): Promise<void> {
  const { departed, surplus, vanished } = candidates;
  const nodeOf = await asked(
    departed.map(({ object }) => object.spec.node),
    (name) => cluster.client.get(nodes, name),
  );
  const recordOf = await asked(
    surplus.map(({ object }) => object.spec.node),
    (name) => cluster.client.get(nodeNetworks, name),
  );
  const steps = [
    ...departed
      .filter(({ object }) => isOwnerGone(object.spec.nodeUID, nodeOf.get(object.spec.node)))
      .map(({ object }) => restStep(object, "its Node is gone", nowMs)),
    ...surplus
      .filter(({ object }) => isDoneWith(object, recordOf.get(object.spec.node)))
      .map(({ object }) => restStep(object, "its node is done with it", nowMs)),
    ...vanished.map((lost) => vanishedClaim(lost, nowMs)),
  ];
  notes.note(steps, await cluster.claims.apply(steps));
}

/** Numbers claims that were seen Held. The number is taken after that, so that whoever has seen a number has seen all claims of lower ones Held. */
async function number(cluster: Cluster, notes: WriteNotes, snapshot: Snapshot, candidates: ReleaseCandidates): Promise<void> {
  const step = candidates.unnumbered.length === 0 ? undefined : numberingStep(snapshot);
  if (step === undefined) return;
  const { failures, objects } = await cluster.ledgers.write([step]);
  notes.note([step], failures);
  const written = objects.get(step.key);
  if (written === undefined || failures.length > 0) return;
  const ledger = readLedger(written);
  const steps = candidates.unnumbered.map((claim) => numbered(claim, ledger));
  notes.note(steps, await cluster.claims.apply(steps));
}

async function removeRecords(cluster: Cluster, notes: WriteNotes, records: readonly NodeRecord[]): Promise<void> {
  const nodeOf = await asked(
    records.map(({ node }) => node),
    (name) => cluster.client.get(nodes, name),
  );
  const orphans = records
    .filter(({ node, object }) => isOwnerGone(object.spec.nodeUID, nodeOf.get(node)))
    .map(({ object }) => recordRemoval(object, "its Node is gone"));
  notes.note(orphans, await cluster.records.apply(orphans));
}

/** The step that removes a claim as it was read. */
export function claimRemoval(have: NodeSubnet, because: string): Step<NodeSubnet> {
  return { op: "remove", kind: nodeSubnetKind.name, key: have.metadata.name, because, have };
}

/** The step that removes a NodeNetwork as it was read. */
export function recordRemoval(have: NodeNetwork, because: string): Step<NodeNetwork> {
  return { op: "remove", kind: nodeNetworkKind.name, key: have.metadata.name, because, have };
}

/** Each name asked for once: name → what there is. */
async function asked<T>(names: readonly string[], ask: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await inParallel([...new Set(names)], parallel, async (name) => [name, await ask(name)] as const));
}

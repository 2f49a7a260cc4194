import { claimsFinalizer, fieldManagers } from "../crds/names.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import { type Cluster, podNetworks } from "./cluster.ts";
import { giveUpForgotten } from "./node-condition.ts";
import { handedOver, readyToTell } from "./plan/handed-over.ts";
import type { HearingInput } from "./plan/hearing.ts";
import { isDeadSilent } from "./plan/hold.ts";
import type { LedgerOptions } from "./plan/ledger.ts";
import { restStep, nodeSubnetSteps, promotions } from "./plan/node-subnets.ts";
import { endsRecovery, type LedgerInput, type LedgerStep, ledgerStep } from "./plan/recovery.ts";
import { readLedger } from "./plan/read.ts";
import { releaseCandidates } from "./plan/release.ts";
import type { Network, NodeRecord, Snapshot } from "./plan/snapshot.ts";
import { withWritten } from "./plan/written.ts";
import type { WriteNotes } from "./write-report.ts";

/** Writes at a time. */
const parallel = 16;

/** What a pass brings besides the cluster. */
export type SubnetInput = Omit<LedgerInput, keyof LedgerOptions>;

/** What it takes to tell nodes. */
export type TellInput = HearingInput & Pick<SubnetInput, "nowMs">;

/**
 * Enters ranges into the ledger and claims subnets for nodes; gives what then stands, for `tellNodes`. Undefined where the local copies show nothing to do, so
 * that nothing is asked or written, or where the ledger cannot be written; else everything is read anew first, since a copy is always a little old. A claim is
 * made Pending; then the ledger is asked again, and what nodes have, once for all of them; only under the very entry it was planned from, and where no other
 * node has the prefix, it becomes Active.
 */
export async function claimSubnets(cluster: Cluster, notes: WriteNotes, input: SubnetInput): Promise<Snapshot | undefined> {
  if (isSettled(cluster, await cluster.gather(), input)) return undefined;
  const now = await writeLedger(cluster, await cluster.gatherNow(), notes, input);
  if (now?.ledger === undefined) return undefined;
  return promote(cluster, await writeClaims(cluster, now, notes), notes);
}

/**
 * Tells nodes what to do, each on condition that nobody told it anything since `snapshot`. However long ago that is: a claim that stood Active then is no other
 * node's before it was Held, and what has changed is told with the next snapshot.
 * Where a NodeNetwork goes over to another machine, claims that the earlier one may have begin their rest anew first; where that fails nobody is told yet.
 */
export async function tellNodes(cluster: Cluster, notes: WriteNotes, snapshot: Snapshot, input: TellInput): Promise<void> {
  const isDead = (record: NodeRecord) => isDeadSilent(record, snapshot, input);
  const told = readyToTell(
    cluster.told(snapshot, input.sightings),
    () => releaseCandidates(snapshot, cluster.allocation(snapshot), isDead).vanished,
  );
  const because = "another machine took over what its machine last said";
  const rests = handedOver(snapshot, told).map(({ object }) => restStep(object, because, input.nowMs));
  const failures = await cluster.claims.apply(rests);
  notes.note(rests, failures);
  if (failures.length === 0) notes.note(told, await cluster.records.apply(told));
}

/** The cheapest question first: while nodes keep coming the answer is no, and the last one is dear. */
function isSettled(cluster: Cluster, snapshot: Snapshot, input: SubnetInput): boolean {
  if (ledgerStep(snapshot, input) !== undefined) return false;
  const plan = cluster.allocation(snapshot);
  return (
    plan.creates.length === 0 &&
    nodeSubnetSteps(snapshot, plan).length === 0 &&
    promotions(snapshot, plan).length === 0 &&
    cluster.told(snapshot, input.sightings).length === 0
  );
}

/** The snapshot with the ledger as it shall be; undefined where it could not be written, so that nothing may be planned from it. */
async function writeLedger(
  cluster: Cluster,
  snapshot: Snapshot,
  notes: WriteNotes,
  input: SubnetInput,
): Promise<Snapshot | undefined> {
  const planned = await enteringStep(cluster, snapshot, notes, input);
  if (planned === undefined) return snapshot;
  if (endsRecovery(planned.step) && !(await giveUpForgotten(cluster, snapshot, notes))) return undefined;
  const { failures, objects } = await cluster.ledgers.write([planned.step]);
  const written = objects.get(planned.step.key);
  notes.note([{ ...planned.step, ...(written !== undefined && { want: written }) }], failures);
  return failures.length > 0 || written === undefined ? undefined : { ...snapshot, ledger: readLedger(written) };
}

/**
 * The step for the ledger, once our finalizer stands on every network that enters by it. Where it cannot be put on one, e.g. since a policy of somebody else refuses
 * that, the others go on: the step is planned without that one, which may let another one in, and the next pass tries again.
 */
async function enteringStep(
  cluster: Cluster,
  snapshot: Snapshot,
  notes: WriteNotes,
  input: SubnetInput,
): Promise<LedgerStep | undefined> {
  const tried = new Set<string>();
  const withoutFinalizer = new Set<string>();
  for (;;) {
    const planned = ledgerStep(snapshot, { ...input, withoutFinalizer });
    const next = (planned?.plan.entering ?? []).filter(({ uid }) => !tried.has(uid));
    const known = withoutFinalizer.size;
    await inParallel(next, parallel, async (network) => {
      tried.add(network.uid);
      if (!(await putFinalizer(cluster, network, notes))) withoutFinalizer.add(network.uid);
    });
    if (withoutFinalizer.size === known) return planned;
  }
}

async function writeClaims(cluster: Cluster, snapshot: Snapshot, notes: WriteNotes): Promise<Snapshot> {
  const steps = nodeSubnetSteps(snapshot, cluster.allocation(snapshot));
  const outcome = await cluster.claims.write(steps);
  notes.note(steps, outcome.failures);
  return withWritten(snapshot, steps, outcome);
}

async function promote(cluster: Cluster, snapshot: Snapshot, notes: WriteNotes): Promise<Snapshot> {
  if (!snapshot.claims.some(({ object }) => object.spec.state === "Pending")) return snapshot;
  const now = { ...snapshot, ...(await cluster.groundNow()) };
  const steps = promotions(now, cluster.allocation(now));
  const outcome = await cluster.claims.write(steps);
  notes.note(steps, outcome.failures);
  return withWritten(now, steps, outcome);
}

/** Our finalizer stands on a network before its first range is accepted, so that it cannot go before its claims; false where it could not be put there. */
async function putFinalizer(cluster: Cluster, network: Network, notes: WriteNotes): Promise<boolean> {
  const { name, uid, object, deleting } = network;
  if (deleting || object.metadata.finalizers?.includes(claimsFinalizer) === true) return true;
  const step = { op: "change", kind: "PodNetwork", key: name, because: "it is about to have claims" } as const;
  const written = await notes.attempt(step, () => applyFinalizers(cluster, { name, uid }, [claimsFinalizer]));
  return written !== undefined;
}

/** States which finalizers of ours a PodNetwork has, and nothing else of it; only where it is still this very object. */
export async function applyFinalizers(
  cluster: Cluster,
  { name, uid }: { readonly name: string; readonly uid: string },
  finalizers: string[],
): Promise<true> {
  const object = { metadata: { name, uid, finalizers } };
  cluster.wrote(await applyObject(cluster.client, podNetworks, object, { fieldManager: fieldManagers.operator }));
  return true;
}

import { claimsFinalizer, fieldManagers } from "../crds/names.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { type Cluster, podNetworks } from "./cluster.ts";
import { type Allocation, allocate } from "./plan/allocate.ts";
import { nodeNetworkSteps } from "./plan/node-networks.ts";
import { nodeSubnetSteps, withAdded } from "./plan/node-subnets.ts";
import type { Network, Snapshot } from "./plan/snapshot.ts";
import type { WriteLedger } from "./write-report.ts";

/**
 * Claims subnets for nodes and tells nodes what to do. Where the local copies show nothing to do, nothing is asked or written; else everything is read anew
 * first, since a copy is always a little old. What a NodeNetwork already names is judged by claims read after it, never by older ones.
 */
export async function writeSubnets(cluster: Cluster, ledger: WriteLedger): Promise<void> {
  if (isSettled(await cluster.gather())) return;
  const now = await cluster.gatherNow();
  const plan = allocate(now);
  const held = await holdNetworks(cluster, plan, ledger);
  const steps = nodeSubnetSteps({ ...plan, creates: plan.creates.filter(({ network }) => held.has(network.uid)) });
  const failures = await cluster.claims.apply(steps);
  ledger.note(steps, failures);

  const after = withAdded(now, steps, new Set(failures.map(({ key }) => key)));
  const told = nodeNetworkSteps(after, allocate(after));
  ledger.note(told, await cluster.records.apply(told));
}

function isSettled(snapshot: Snapshot): boolean {
  const plan = allocate(snapshot);
  return nodeSubnetSteps(plan).length === 0 && nodeNetworkSteps(snapshot, plan).length === 0;
}

/** The UIDs of the networks that cannot go before their claims: our finalizer stands on each before its first claim is made. */
async function holdNetworks(cluster: Cluster, { creates }: Allocation, ledger: WriteLedger): Promise<ReadonlySet<string>> {
  const networks = new Map(creates.map(({ network }) => [network.uid, network]));
  const held = new Set<string>();
  for (const network of networks.values()) if (await hold(cluster, network, ledger)) held.add(network.uid);
  return held;
}

async function hold(cluster: Cluster, network: Network, ledger: WriteLedger): Promise<boolean> {
  const { name, uid, object, deleting } = network;
  if (deleting || object.metadata.finalizers?.includes(claimsFinalizer) === true) return true;
  const step = { op: "change", kind: "PodNetwork", key: name, because: "it is about to have claims" } as const;
  const written = await ledger.attempt(step, () => applyFinalizers(cluster, { name, uid }, [claimsFinalizer]));
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

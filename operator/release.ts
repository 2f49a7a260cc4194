import type { NodeNetwork, NodeSubnet } from "../crds/types.ts";
import { nodes } from "../lib/kube/builtin.ts";
import { inParallel } from "../lib/kube/parallel.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import { type Cluster, nodeNetworks } from "./cluster.ts";
import { allocate } from "./plan/allocate.ts";
import { nodeNetworkKind } from "./plan/node-networks.ts";
import { nodeSubnetKind } from "./plan/node-subnets.ts";
import { isOwnerGone, isSurplus, releaseCandidates } from "./plan/release.ts";
import type { WriteLedger } from "./write-report.ts";

/** Questions to the API server at a time. */
const parallel = 16;

/**
 * Removes what nodes left behind, each object only on proof: the API server itself says that the Node is gone or another one, or that the node uses
 * another subnet. An object that changed since it was read is not removed.
 */
export async function releaseLeftovers(cluster: Cluster, ledger: WriteLedger): Promise<void> {
  const snapshot = await cluster.gather();
  const { departed, surplus, records } = releaseCandidates(snapshot, allocate(snapshot));
  if (departed.length + surplus.length + records.length === 0) return;

  const nodeOf = await asked([...departed.map(({ object }) => object.spec.node), ...records.map(({ node }) => node)], (name) =>
    cluster.client.get(nodes, name),
  );
  const recordOf = await asked(
    surplus.map(({ object }) => object.spec.node),
    (name) => cluster.client.get(nodeNetworks, name),
  );
  const claims = [
    ...departed
      .filter(({ object }) => isOwnerGone(object.spec.nodeUID, nodeOf.get(object.spec.node)))
      .map(({ object }) => claimRemoval(object, "its Node is gone")),
    ...surplus
      .filter(({ object }) => isSurplus(object, recordOf.get(object.spec.node)))
      .map(({ object }) => claimRemoval(object, "its node uses another subnet")),
  ];
  ledger.note(claims, await cluster.claims.apply(claims));
  const orphans = records
    .filter(({ node }) => nodeOf.get(node) === undefined)
    .map(({ object }) => recordRemoval(object, "its Node is gone"));
  ledger.note(orphans, await cluster.records.apply(orphans));
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

import { ledgerName } from "../crds/names.ts";
import { readSettings } from "../lib/daemon/settings.ts";
import { productVersion } from "../lib/daemon/version.ts";
import { accessFrom, accessSettings } from "../lib/kube/access-settings.ts";
import { nodes } from "../lib/kube/builtin.ts";
import { type Access, connect } from "../lib/kube/client.ts";
import { listServiceRanges } from "../lib/kube/service-ranges.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers } from "../operator/cluster.ts";
import { type ClusterState, projectState } from "./plan/cluster-state.ts";

/** Where the cluster is, by options of a command. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  /** Of the kubeconfig; default: its current one. */
  readonly context?: string;
}

/** Few round trips for thousands of objects. */
const pageSize = 1_000;

/**
 * Reads all of a cluster that a plan is made of, by listing six kinds. In the order in which the operator reads: what an object refers to is in view, unless
 * it is gone.
 * @throws when the cluster cannot be reached or a list is not allowed.
 */
export async function readState(options: ClusterOptions): Promise<ClusterState> {
  const client = await connect({ access: accessOf(options), userAgent: `podnet-cli/${productVersion}` });
  try {
    const ledgers = await client.listAll(rangeLedgers);
    const records = await client.listAll(nodeNetworks, { pageSize });
    const claims = await client.listAll(nodeSubnets, { pageSize });
    const networks = await client.listAll(podNetworks);
    const machines = await client.listAll(nodes, { pageSize });
    const serviceRanges = await listServiceRanges(client);
    return projectState({
      takenAt: new Date().toISOString(),
      ledger: ledgers.items.find(({ metadata }) => metadata.name === ledgerName),
      nodeNetworks: records.items,
      nodeSubnets: claims.items,
      podNetworks: networks.items,
      nodes: machines.items,
      serviceRanges,
    });
  } finally {
    await client.close();
  }
}

/** How to reach the cluster that a command is about. @throws where nothing says it. */
export function accessOf({ kubeconfig, context }: ClusterOptions): Access {
  const settings = readSettings(accessSettings);
  const access = accessFrom({ ...settings, ...(kubeconfig !== undefined && { kubeconfig }) });
  if (context === undefined) return access;
  if (access.from !== "kubeconfig") throw new Error("--context chooses within a kubeconfig; name one with --kubeconfig too");
  return { ...access, context };
}

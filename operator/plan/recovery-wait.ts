import { nodeReasonPrefix } from "../../crds/names.ts";
import { ownRecord } from "./node-progress.ts";
import type { NodeFacts, Snapshot } from "./snapshot.ts";

/**
 * Names of nodes whose agents have not reported under the ledger's incarnation; the end of a recovery waits for them. Any node may have subnets, be its Node
 * object new, and any agent may know of others' claims. Only what still stands for an earlier Node of its name is left as it is, so that this one cannot be asked.
 */
export function awaitedNodes({ ledger, nodes, records }: Pick<Snapshot, "ledger" | "nodes" | "records">): string[] {
  const known = new Map(records.map((record) => [record.node, record]));
  const isAwaited = (node: Snapshot["nodes"][number]) => {
    const record = known.get(node.name);
    const own = ownRecord(node, record);
    if (own === undefined) return record === undefined || hadNetwork(node);
    return own.status?.acknowledged?.incarnation !== ledger?.incarnation;
  };
  return nodes
    .filter(isAwaited)
    .map(({ name }) => name)
    .toSorted();
}

/** Whether this Node was told, by us, that its network is there. */
export function hadNetwork({ networkUnavailable }: NodeFacts): boolean {
  return networkUnavailable?.status === "False" && networkUnavailable.reason?.startsWith(nodeReasonPrefix) === true;
}

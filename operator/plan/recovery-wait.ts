import { ownRecord } from "./node-progress.ts";
import type { NodeFacts, Snapshot } from "./snapshot.ts";

/** Names of nodes that may have subnets and whose agents have not reported under the ledger's incarnation; the end of a recovery waits for them. */
export function awaitedNodes({ ledger, nodes, records }: Pick<Snapshot, "ledger" | "nodes" | "records">): string[] {
  const known = new Map(records.map((record) => [record.node, record]));
  const isAwaited = (node: Snapshot["nodes"][number]) => {
    const own = ownRecord(node, known.get(node.name));
    return own === undefined ? hadNetwork(node) : own.status?.acknowledged?.incarnation !== ledger?.incarnation;
  };
  return nodes
    .filter(isAwaited)
    .map(({ name }) => name)
    .toSorted();
}

/** Whether this Node was told, by us, that its network is there. */
export function hadNetwork({ networkUnavailable }: NodeFacts): boolean {
  return networkUnavailable?.status === "False" && networkUnavailable.reason?.startsWith("Podnet") === true;
}

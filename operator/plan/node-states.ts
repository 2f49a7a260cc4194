import type { Allocation } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { type NodeProgress, progressOf } from "./node-progress.ts";
import type { Snapshot } from "./snapshot.ts";

/** How far every member is: node name → progress. */
export function nodeStates(snapshot: Snapshot, allocation: Allocation, nowMs: number): ReadonlyMap<string, NodeProgress> {
  const outdated = new Set(nodeNetworkSteps(snapshot, allocation).map((step) => step.key));
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  return new Map(
    allocation.members.map((member) => {
      const { name } = member.node;
      return [name, progressOf(member, { record: records.get(name), isOutdated: outdated.has(name), nowMs })];
    }),
  );
}

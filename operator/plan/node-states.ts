import { isHeard } from "../../crds/heartbeat.ts";
import type { Allocation } from "./allocate.ts";
import type { HoldInput } from "./hold.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { type NodeProgress, progressOf } from "./node-progress.ts";
import type { Snapshot } from "./snapshot.ts";

/** How far every member is: node name → progress. */
export function nodeStates(snapshot: Snapshot, allocation: Allocation, input: HoldInput): ReadonlyMap<string, NodeProgress> {
  const { nowMs } = input;
  const outdated = new Set(nodeNetworkSteps(snapshot, allocation).map((step) => step.key));
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  return new Map(
    allocation.members.map((member) => {
      const { name } = member.node;
      const record = records.get(name);
      const heard = isHeard(record?.object.status?.observedAt, snapshot.nodes.length, input);
      return [name, progressOf(member, { record, isOutdated: outdated.has(name), isHeard: heard, nowMs })];
    }),
  );
}

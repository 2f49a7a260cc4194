import type { Step } from "../../lib/reconcile/kind.ts";
import type { Allocation } from "./allocate.ts";
import { type HearingInput, isHeardLately } from "./hearing.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { type NodeProgress, progressOf } from "./node-progress.ts";
import { noRefusedWrites, type RefusedWrites } from "./refused-writes.ts";
import type { Snapshot } from "./snapshot.ts";

/** How far every member is: node name → progress. `told`: the steps of `nodeNetworkSteps`, where they are known already. `refused`: what the API server did not take of them. */
export function nodeStates(
  snapshot: Snapshot,
  allocation: Allocation,
  input: HearingInput,
  told: readonly Pick<Step<unknown>, "key">[] = nodeNetworkSteps(snapshot, allocation, input.sightings),
  { records: refusals }: Pick<RefusedWrites, "records"> = noRefusedWrites,
): ReadonlyMap<string, NodeProgress> {
  const { nowMs } = input;
  const outdated = new Set(told.map((step) => step.key));
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  return new Map(
    allocation.members.map((member) => {
      const { name } = member.node;
      const record = records.get(name);
      const isHeard = isHeardLately(record, snapshot.nodes.length, input);
      return [name, progressOf(member, { record, isOutdated: outdated.has(name), isHeard, refusal: refusals.get(name), nowMs })];
    }),
  );
}

import { isHeard, silenceMs } from "../../crds/heartbeat.ts";
import type { HoldInput } from "./hold.ts";
import type { NodeRecord } from "./snapshot.ts";

/**
 * Whether an agent gave a sign of life lately. What was seen decides, since the clocks of two machines may be hours apart: one that was seen to say something new
 * is heard, whatever its clock says, and one that said nothing new for so long is silent. What stood already at the first look, e.g. after an operator's start, has
 * nothing but its own time to go by until then.
 */
export function isHeardLately(record: NodeRecord | undefined, nodes: number, input: HoldInput): boolean {
  const { observedAt } = record?.object.status ?? {};
  if (record === undefined || observedAt === undefined) return false;
  const { sightings, heartbeatSeconds } = input;
  if (sightings !== undefined && sightings.unheardMs(record) > silenceMs(heartbeatSeconds, nodes)) return false;
  return sightings?.hasSpoken(record) === true || isHeard(observedAt, nodes, input);
}

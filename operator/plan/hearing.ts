import { isHeard, type Listening, silenceMs } from "../../crds/heartbeat.ts";
import type { Sightings } from "./sightings.ts";
import type { NodeRecord } from "./snapshot.ts";

/** Now, and how often agents give signs of life. */
export interface HearingInput extends Listening {
  /** How long things stand; undefined: as the times in the objects say. */
  readonly sightings?: Sightings;
}

/**
 * Whether an agent gave a sign of life lately. What was seen decides, since the clocks of two machines may be hours apart: one that was seen to say something new
 * is heard, whatever its clock says, and one that said nothing new for so long is silent. What stood already at the first look, e.g. after an operator's start, has
 * nothing but its own time to go by until then.
 */
export function isHeardLately(record: NodeRecord | undefined, nodes: number, input: HearingInput): boolean {
  const { observedAt } = record?.object.status ?? {};
  if (record === undefined || observedAt === undefined) return false;
  const { sightings, heartbeatSeconds } = input;
  if (sightings !== undefined && sightings.unheardMs(record) > silenceMs(heartbeatSeconds, nodes)) return false;
  return sightings?.hasSpoken(record) === true || isHeard(observedAt, nodes, input);
}

/** Whether an agent's last word is not older than three heartbeats; one that never gave a word is not heard of. */
export function isHeardOf(record: NodeRecord, nodes: number, input: HearingInput): boolean {
  return unheardMs(record, input) <= silenceMs(input.heartbeatSeconds, nodes);
}

/** Since the agent's last word; infinite where it never gave one. */
export function unheardMs(record: NodeRecord, { nowMs, sightings }: HearingInput): number {
  const { status } = record.object;
  if (status?.observedAt === undefined) return Number.POSITIVE_INFINITY;
  return sightings?.unheardMs(record) ?? nowMs - Date.parse(status.observedAt);
}

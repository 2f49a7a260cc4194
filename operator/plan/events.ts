import type { EventReason } from "../../crds/event-reasons.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { claimEvents } from "./claim-events.ts";
import { conditionEvents } from "./condition-events.ts";
import { recoveryEvents } from "./recovery-events.ts";

/** Something that people may want to know. */
export interface PlannedEvent {
  readonly regarding: ObjectReference;
  readonly reason: EventReason;
  /** Who, what and where. */
  readonly note: string;
  /** Of what can stand of one object several times over: which of them this is, in words that stay the same as long as it stands, e.g. a prefix. */
  readonly about?: string;
  /** Of what stands and is counted: how often it came about so far. It is told when that grows, and not for what it was when it was first looked at. */
  readonly times?: number;
}

/**
 * What a pass has to tell, drawn from what it wrote: a cluster in which nothing is written tells nothing. What is said of a PodNetwork comes first, one Event
 * for all nodes that one thing happened to.
 */
export function eventsOf(written: readonly Step<unknown>[]): PlannedEvent[] {
  return [...recoveryEvents(written), ...conditionEvents(written), ...claimEvents(written)];
}

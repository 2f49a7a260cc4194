import type { EventReason } from "../../crds/event-reasons.ts";
import { apiVersion, podNetworkResource } from "../../crds/names.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { PlannedEvent } from "./events.ts";

/** A PodNetwork, as far as its status goes. */
interface ObjectView {
  readonly metadata: { readonly name: string; readonly uid?: string };
  readonly status?: {
    readonly conditions?: readonly ConditionView[];
    readonly ranges?: readonly { readonly cidr: string; readonly accepted: boolean }[];
  };
}

interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What a condition comes to say → the Event of it: `TYPE/REASON` or `TYPE=STATUS`. */
const eventsBySaying: Readonly<Record<string, EventReason>> = {
  "Accepted/OverlapsWith": "OverlapRejected",
  "Allocated/RangeExhausted": "RangeExhausted",
  "CapacityOK=False": "CapacityLow",
  "Reachable=False": "PeersUnreachable",
  "PodCIDRNotAdopted=True": "PodCIDRNotAdopted",
  "NodeAddressConflict=True": "NodeAddressConflict",
  "Allocated/AmbiguousSelection": "AmbiguousSelection",
};

/** What conditions of PodNetworks came to say. One that goes on saying it, be it with another message, is told once. */
export function conditionEvents(written: readonly Step<unknown>[]): PlannedEvent[] {
  return written.flatMap(({ kind, want, have }) => {
    if (kind !== "PodNetwork status" || !isObject(want)) return [];
    const before = isObject(have) ? have : undefined;
    const { name, uid } = want.metadata;
    const regarding: ObjectReference = { apiVersion, kind: podNetworkResource.kind, name, ...(uid !== undefined && { uid }) };
    return [...rangeEvents(regarding, before, want), ...transitions(regarding, before, want)];
  });
}

function rangeEvents(regarding: ObjectReference, before: ObjectView | undefined, after: ObjectView): PlannedEvent[] {
  const known = new Set(acceptedRanges(before));
  const added = acceptedRanges(after).filter((cidr) => !known.has(cidr));
  return added.length === 0 ? [] : [{ regarding, reason: "RangeAccepted", note: added.join(", ") }];
}

function acceptedRanges(object: ObjectView | undefined): string[] {
  return (object?.status?.ranges ?? []).filter(({ accepted }) => accepted).map(({ cidr }) => cidr);
}

function transitions(regarding: ObjectReference, before: ObjectView | undefined, after: ObjectView): PlannedEvent[] {
  const told = new Map<EventReason, PlannedEvent>();
  for (const condition of after.status?.conditions ?? []) {
    const old = before?.status?.conditions?.find(({ type }) => type === condition.type);
    const reason = eventOf(condition);
    if (reason === undefined || (old !== undefined && eventOf(old) === reason) || told.has(reason)) continue;
    told.set(reason, { regarding, reason, note: condition.message ?? "" });
  }
  return [...told.values()];
}

function eventOf({ type, status, reason = "" }: ConditionView): EventReason | undefined {
  return eventsBySaying[`${type}/${reason}`] ?? eventsBySaying[`${type}=${status}`];
}

function isObject(value: unknown): value is ObjectView {
  return typeof value === "object" && value !== null && "metadata" in value;
}

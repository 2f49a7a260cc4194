import type { Condition } from "./types.ts";

/** Every condition of a PodNetwork → its reasons, fixed, since scripts and alerts match on them: one may be added, none renamed. */
export const podNetworkReasons = {
  Accepted: ["Accepted", "InvalidSpec", "OverlapsWith"],
  Allocated: ["Allocated", "Allocating", "RangeExhausted", "RangeNotAccepted"],
  Programmed: ["Programmed", "Programming", "NoNodes", "NodesFailing", "NodesSilent"],
  /** When False: Terminating, or the reason of the first of the three above that is not True. */
  Ready: [
    "Ready",
    "NoNodes",
    "Terminating",
    "InvalidSpec",
    "OverlapsWith",
    "Allocating",
    "RangeExhausted",
    "RangeNotAccepted",
    "Programming",
    "NodesFailing",
    "NodesSilent",
  ],
  /** Abnormal when True: something is under way. */
  Reconciling: ["Settled", "Terminating", "Allocating", "Programming", "NodesFailing", "NodesSilent"],
  /** Abnormal when True: a person must change something. */
  Stalled: ["NotStalled", "InvalidSpec", "OverlapsWith", "RangeExhausted", "RangeNotAccepted"],
} as const;

/** Condition types of a PodNetwork. */
export type PodNetworkConditionType = keyof typeof podNetworkReasons;

/**
 * Condition types of a NodeNetwork. `Programmed` is always there; each other one only while it is True, as a warning. Reasons of `Programmed` name
 * what failed (`LinkFailed`, `NoSubnet`, …), one per kernel kind.
 */
export const nodeNetworkConditionTypes = [
  "Programmed",
  "PluginMissing",
  "ForeignConflist",
  "BridgeNetfilterMissing",
  "PeersUnrouted",
] as const;

/** A condition without its time, which `setCondition` knows. */
export type Verdict = Omit<Condition, "lastTransitionTime">;

/** The conditions with `next` in the place of the one of its type, or last. Its lastTransitionTime moves only when its status does. */
export function setCondition(conditions: readonly Condition[], next: Verdict, nowMs: number): Condition[] {
  const at = conditions.findIndex(({ type }) => type === next.type);
  const before = conditions[at];
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : renderTime(nowMs);
  const condition = { ...next, message: shortened(next.message), lastTransitionTime };
  return before === undefined ? [...conditions, condition] : conditions.with(at, condition);
}

/** What the schema holds of a message. */
const longestMessage = 4096;

function shortened(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 3)}...`;
}

/** In whole seconds, as the API server writes times. */
function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

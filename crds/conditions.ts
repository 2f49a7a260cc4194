import { cut, printable } from "../lib/text/printable.ts";
import { longestConditionMessage } from "./limits.ts";
import type { Condition } from "./types.ts";

/** Why a range is not given from, of a network that stays. */
const notAccepted = ["Accepting", "InvalidSpec", "OverlapsWith", "RangeInUse", "LedgerFull", "FinalizerRefused"] as const;

/** Every condition of a PodNetwork → its reasons, fixed, since scripts and alerts match on them: one may be added, none renamed. */
export const podNetworkReasons = {
  Accepted: ["Accepted", ...notAccepted, "Terminating"],
  Allocated: [
    "Allocated",
    "Allocating",
    "RangeExhausted",
    "RangeNotAccepted",
    "StaticSubnetTaken",
    "ServicesUnseen",
    "Recovering",
    "AmbiguousSelection",
  ],
  /** NodesSilent goes with the status Unknown. */
  Programmed: ["Programmed", "Programming", "NoNodes", "NoSubnets", "NodesFailing", "NodesSilent"],
  /** NotProbed goes with the status Unknown, and keeps no network from being Ready. */
  Reachable: ["Reachable", "NoNodes", "NotProbed", "PeersUnreachable"],
  /** Whether nodes and pods may still come. Not part of Ready. */
  CapacityOK: ["Enough", "CapacityLow", "RangeExhausted", "RangeNotAccepted", "ServicesUnseen", "InvalidSpec"],
  /** When not True: Terminating, or the reason of the first of Accepted, Allocated, Programmed and Reachable that is not True. */
  Ready: [
    "Ready",
    "NoNodes",
    "Terminating",
    ...notAccepted,
    "Allocating",
    "RangeExhausted",
    "RangeNotAccepted",
    "StaticSubnetTaken",
    "ServicesUnseen",
    "Recovering",
    "AmbiguousSelection",
    "Programming",
    "NoSubnets",
    "NodesFailing",
    "NodesSilent",
    "PeersUnreachable",
  ],
  /** Abnormal when True: something is under way. */
  Reconciling: [
    "Settled",
    "Terminating",
    "Accepting",
    "RangeInUse",
    "Allocating",
    "ServicesUnseen",
    "Recovering",
    "Programming",
    "NodesFailing",
    "NodesSilent",
    "PeersUnreachable",
    "Draining",
    "RollingOut",
  ],
  /** Abnormal when True: a person must change something. */
  Stalled: [
    "NotStalled",
    "InvalidSpec",
    "OverlapsWith",
    "LedgerFull",
    "FinalizerRefused",
    "RangeExhausted",
    "RangeNotAccepted",
    "StaticSubnetTaken",
    "AmbiguousSelection",
  ],
  /** Stands only while True: nodes have a podCIDR that could not become their subnet. */
  PodCIDRNotAdopted: ["PodCIDRNotAdopted"],
  /** Stands only while True: addresses of nodes lie in subnets. */
  NodeAddressConflict: ["NodeAddressConflict"],
  /** Stands only while True: nodes keep their subnets although the selector no longer matches them. */
  NodesUnselected: ["NodesUnselected"],
} as const;

/** Condition types of a PodNetwork. */
export type PodNetworkConditionType = keyof typeof podNetworkReasons;

/**
 * Every condition of a NodeNetwork. `Programmed` is always there; each other one only while it is True, as a warning. Reasons of `Programmed` name
 * what failed (`LinkFailed`, `NoSubnet`, …), one per kernel kind.
 */
export const nodeNetworkConditionTypes = [
  "Programmed",
  "PluginMissing",
  "ForeignConflist",
  "BridgeNetfilterMissing",
  "PeersUnrouted",
  "GatewayUnguarded",
  "ForwardBlocked",
  "PodMtuDiffers",
  "NeighborsLimited",
  "DriftContended",
] as const;

/** Condition types of a NodeNetwork. */
export type NodeNetworkConditionType = (typeof nodeNetworkConditionTypes)[number];

/** A condition without its time and generation, which `setConditions` knows. */
export interface Verdict<Type extends string = string> {
  readonly type: Type;
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/**
 * Every condition of a NodeNetwork → its reasons, fixed like those of a PodNetwork. What a kernel's object of some kind came to ends with `Failed` where it could
 * not be written, and with `Unseen` where it could not be read.
 */
export const nodeNetworkReasons = {
  Programmed: [
    "Programmed",
    "NoSubnet",
    "SubnetPending",
    "SubnetClosing",
    "SubnetUnclaimed",
    "SubnetTaken",
    "SubnetHeld",
    "SubnetInUse",
    "LeasesUnseen",
    "NodeUnseen",
    "PluginMissing",
    "NoUplink",
    "MtuTooSmall",
    "TooMany",
    "NotAPrefix",
    "NotCanonical",
    "TooSmall",
    "NotAnAddress",
    "Overlap",
    "BadName",
    ...["Link", "Sysctl", "Address", "Neighbor", "Fdb", "Route", "Table", "File"].flatMap((kind) => [
      `${kind}Failed`,
      `${kind}Unseen`,
    ]),
  ],
  PluginMissing: ["PluginMissing"],
  ForeignConflist: ["ForeignConflist"],
  BridgeNetfilterMissing: ["ModuleNotLoaded"],
  PeersUnrouted: ["NoRoute"],
  GatewayUnguarded: ["KernelLacksBridges"],
  ForwardBlocked: ["FirewallDrops"],
  PodMtuDiffers: ["MadeBefore"],
  NeighborsLimited: ["FewerThanNodes"],
  DriftContended: ["RepeatedlyUndone"],
} as const satisfies Readonly<Record<NodeNetworkConditionType, readonly string[]>>;

/** Of what object conditions are, and when. */
export interface Judged {
  readonly observedGeneration: number;
  readonly nowMs: number;
}

/**
 * The conditions that say these verdicts: those there were keep their places, others come last, and one without a verdict goes. A lastTransitionTime moves
 * only when its status does.
 */
export function setConditions(
  before: readonly Condition[],
  verdicts: readonly Verdict[],
  { observedGeneration, nowMs }: Judged,
): Condition[] {
  const places = [...new Set([...before, ...verdicts].map(({ type }) => type))];
  return places.flatMap((type) => {
    const verdict = verdicts.find((one) => one.type === type);
    if (verdict === undefined) return [];
    const known = before.find((condition) => condition.type === type);
    const lastTransitionTime = known?.status === verdict.status ? known.lastTransitionTime : renderTime(nowMs);
    return [
      { ...verdict, message: cut(printable(verdict.message), longestConditionMessage), observedGeneration, lastTransitionTime },
    ];
  });
}

/** A time in whole seconds, as the API server writes times, e.g. `"2026-11-24T12:00:00Z"`. */
export function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What an Event with a reason says. */
interface ReasonSpec {
  readonly type: "Normal" | "Warning";
  /** What happened, and on which object it is said. */
  readonly meaning: string;
}

/** Every reason of an Event of ours, fixed, since scripts and alerts match on them: one may be added, none renamed. */
export const eventReasons = {
  SubnetAssigned: { type: "Normal", meaning: "A node was given subnets. On the PodNetwork and the Node." },
  SubnetAdopted: {
    type: "Normal",
    meaning:
      "A node got subnets that it already had: its podCIDR, or what was held for its machine. On the PodNetwork and the Node.",
  },
  SubnetDraining: {
    type: "Normal",
    meaning: "No new pod gets an address of these subnets any more. On the PodNetwork and the Node.",
  },
  SubnetHeld: {
    type: "Normal",
    meaning:
      "A node is gone, or done with these subnets; they rest before another node may get them. On the PodNetwork and the Node.",
  },
  SubnetReleased: { type: "Normal", meaning: "Subnets are free again. On the PodNetwork and the Node." },
  LossRepaired: {
    type: "Warning",
    meaning: "Claims vanished while nodes used the subnets, and were made again. On the PodNetwork and the Node.",
  },
  RangeAccepted: { type: "Normal", meaning: "Subnets are given from a range from now on. On the PodNetwork." },
  OverlapRejected: {
    type: "Warning",
    meaning: "A range overlaps another network's, so nothing is given from it. On the PodNetwork.",
  },
  CapacityLow: { type: "Warning", meaning: "Few subnets are left for new nodes. On the PodNetwork." },
  RangeExhausted: { type: "Warning", meaning: "No subnet is left for a node that needs one. On the PodNetwork." },
  NodeUnselected: { type: "Warning", meaning: "No PodNetwork selects the node. On the Node." },
  AmbiguousSelection: {
    type: "Warning",
    meaning: "Several networks of one priority select a node that has no subnet yet. On the newer PodNetwork.",
  },
  PodCIDRNotAdopted: {
    type: "Warning",
    meaning: "The podCIDR of a Node could not become its subnet. On the PodNetwork.",
  },
  NodeAddressConflict: {
    type: "Warning",
    meaning: "An address of a node lies in a subnet, so no other node routes to that. On the PodNetwork and the Node.",
  },
  PeersUnreachable: {
    type: "Warning",
    meaning: "Probes between nodes are not answered, so pods may not reach each other. On the PodNetwork.",
  },
  DuplicateReport: {
    type: "Warning",
    meaning:
      "Several nodes say that they have one subnet that is nobody's, so none of them gets it. On the PodNetwork and the Nodes.",
  },
  LeasesCollected: {
    type: "Normal",
    meaning:
      "A node took back addresses that were left given to pods that are gone, since a plugin or the runtime had been killed. On the Node.",
  },
  DriftRepaired: {
    type: "Normal",
    meaning:
      "Somebody else changed or took away what podnet set up on a node, and it was put right; once in ten minutes at most, with the number of repairs since. On the PodNetwork and the Node.",
  },
  DriftContended: {
    type: "Warning",
    meaning: "Somebody keeps undoing what podnet sets up on a node. On the Node.",
  },
  RecoveryBarrier: {
    type: "Warning",
    meaning: "The ledger was lost or restored: nothing new is given until the agents have reported. On the RangeLedger.",
  },
  RecoveryEnded: { type: "Normal", meaning: "Subnets are given again. On the RangeLedger." },
  LeaderChanged: { type: "Normal", meaning: "Another operator does the work from now on. On the Lease." },
} as const satisfies Readonly<Record<string, ReasonSpec>>;

/** A reason of an Event of ours. */
export type EventReason = keyof typeof eventReasons;

/** The reasons for people, as Markdown. */
export function renderEventReasons(): string {
  const rows = Object.entries(eventReasons).map(([reason, { type, meaning }]) => `| \`${reason}\` | ${type} | ${meaning} |`);
  return ["| reason | type | meaning |", "|---|---|---|", ...rows].join("\n");
}

/** What an Event with a reason says. */
interface ReasonSpec {
  readonly type: "Normal" | "Warning";
  /** What happened, and on which object it is said. */
  readonly meaning: string;
  /** What a person does about it; `"nothing"` where there is nothing to do. */
  readonly remedy: string;
}

/** Every reason of an Event of ours, fixed, since scripts and alerts match on them: one may be added, none renamed. */
export const eventReasons = {
  SubnetAssigned: { type: "Normal", meaning: "A node was given subnets. On the PodNetwork and the Node.", remedy: "nothing" },
  SubnetAdopted: {
    type: "Normal",
    meaning:
      "A node got subnets that it already had: its podCIDR, or what was held for its machine. On the PodNetwork and the Node.",
    remedy: "nothing",
  },
  SubnetDraining: {
    type: "Normal",
    meaning: "No new pod gets an address of these subnets any more. On the PodNetwork and the Node.",
    remedy: "nothing; the drain ends when no pod has an address of them",
  },
  SubnetHeld: {
    type: "Normal",
    meaning:
      "A node is gone, or done with these subnets; they rest before another node may get them. On the PodNetwork and the Node.",
    remedy: "nothing; `spec.release.holdSeconds` says for how long",
  },
  SubnetReleased: { type: "Normal", meaning: "Subnets are free again. On the PodNetwork and the Node.", remedy: "nothing" },
  LossRepaired: {
    type: "Warning",
    meaning: "Claims vanished while nodes used the subnets, and were made again. On the PodNetwork and the Node.",
    remedy: "find out who deleted NodeSubnets, or restored an old backup; the API server's audit log has it",
  },
  RangeAccepted: { type: "Normal", meaning: "Subnets are given from a range from now on. On the PodNetwork.", remedy: "nothing" },
  OverlapRejected: {
    type: "Warning",
    meaning: "A range overlaps another network's, so nothing is given from it. On the PodNetwork.",
    remedy: "choose another range, or remove the other network",
  },
  CapacityLow: { type: "Warning", meaning: "Few subnets are left for new nodes. On the PodNetwork.", remedy: "append a range" },
  RangeExhausted: {
    type: "Warning",
    meaning: "No subnet is left for a node that needs one. On the PodNetwork.",
    remedy: "append a range",
  },
  NodeUnselected: {
    type: "Warning",
    meaning: "No PodNetwork selects the node. On the Node.",
    remedy: "label the Node so that a `spec.nodeSelector` matches it, where it is to have pods",
  },
  NodeUnserved: {
    type: "Warning",
    meaning: "Every PodNetwork that selects the node is being deleted or has an invalid spec, so it gets no subnet. On the Node.",
    remedy: "correct the spec as the condition `Accepted` says; apply what was deleted again when it is gone",
  },
  AmbiguousSelection: {
    type: "Warning",
    meaning: "Several networks of one priority select a node that has no subnet yet. On the newer PodNetwork.",
    remedy: "raise `spec.priority` of one, or narrow its `spec.nodeSelector`",
  },
  PodCIDRNotAdopted: {
    type: "Warning",
    meaning: "The podCIDR of a Node could not become its subnet. On the PodNetwork.",
    remedy: "nothing, unless a program reads podCIDRs",
  },
  NodeAddressConflict: {
    type: "Warning",
    meaning: "An address of a node lies in a subnet, so no other node routes to that. On the PodNetwork and the Node.",
    remedy: "give that Node another address, or append a range and drain this one",
  },
  PeersUnreachable: {
    type: "Warning",
    meaning: "Probes between nodes are not answered, so pods may not reach each other. On the PodNetwork.",
    remedy: "look at what lies between the nodes that it names; the condition `Reachable` has the worst pairs",
  },
  DuplicateReport: {
    type: "Warning",
    meaning:
      "Several nodes say that they have one subnet that is nobody's, so none of them gets it. On the PodNetwork and the Nodes.",
    remedy: "drain and reboot all of these nodes but one",
  },
  LeasesCollected: {
    type: "Normal",
    meaning:
      "A node took back addresses that were left given to pods that are gone, since a plugin or the runtime had been killed. On the Node.",
    remedy: "nothing for a few; for many, look at the container runtime's log",
  },
  DriftRepaired: {
    type: "Normal",
    meaning:
      "Somebody else changed or took away what podnet set up on a node, and it was put right; once in ten minutes at most, with the number of repairs since. On the PodNetwork and the Node.",
    remedy: "find out who it was, where it comes again: the agent's log has the times",
  },
  DriftContended: {
    type: "Warning",
    meaning: "Somebody keeps undoing what podnet sets up on a node. On the Node.",
    remedy: "have the program that the condition `DriftContended` names leave podnet's alone",
  },
  RecoveryBarrier: {
    type: "Warning",
    meaning: "The ledger was lost or restored: nothing new is given until the agents have reported. On the RangeLedger.",
    remedy: "nothing; it ends sooner when all agents report",
  },
  RecoveryEnded: { type: "Normal", meaning: "Subnets are given again. On the RangeLedger.", remedy: "nothing" },
  LeaderChanged: { type: "Normal", meaning: "Another operator does the work from now on. On the Lease.", remedy: "nothing" },
} as const satisfies Readonly<Record<string, ReasonSpec>>;

/** A reason of an Event of ours. */
export type EventReason = keyof typeof eventReasons;

/** The reasons for people, as Markdown. */
export function renderEventReasons(): string {
  const rows = Object.entries(eventReasons).map(
    ([reason, { type, meaning, remedy }]) => `| \`${reason}\` | ${type} | ${meaning} | ${remedy} |`,
  );
  return ["| reason | type | meaning | what to do |", "|---|---|---|---|", ...rows].join("\n");
}

import type { Mutant } from "./mutant.ts";

/** Ways to break how claims are laid to rest and go. */
export const releaseMutants: readonly Mutant[] = [
  {
    name: "terminating-node-is-gone",
    breaks: "The claims of a Node are released as soon as it has a deletionTimestamp.",
    edits: [
      {
        file: "operator/plan/release.ts",
        find: "return now?.metadata.uid !== nodeUID;",
        replace: 'return now?.metadata.uid !== nodeUID || "deletionTimestamp" in now.metadata;',
      },
      {
        file: "operator/plan/release.ts",
        find: "const uids = new Map(nodes.map((node) => [node.name, node.uid]));",
        replace: "const uids = new Map(nodes.filter(({ deleting }) => !deleting).map((node) => [node.name, node.uid]));",
      },
    ],
  },
  {
    name: "released-by-cache",
    breaks: "A Node that the local copy does not show counts as gone, and the API server is not asked.",
    edits: [
      {
        file: "operator/release.ts",
        find: "      .filter(({ object }) => isOwnerGone(object.spec.nodeUID, nodeOf.get(object.spec.node)))\n",
        replace: "",
      },
    ],
  },
  {
    name: "done-when-unnamed",
    breaks: "A claim is laid to rest as soon as its NodeNetwork does not name it, though the node still has it.",
    edits: [
      {
        file: "operator/plan/release.ts",
        find: "return !isNamed && !isKept && status.configGeneration === spec.configGeneration;",
        replace: "return !isNamed || (isNamed && isKept && false);",
      },
    ],
  },
  {
    name: "number-taken-before-held",
    breaks: "The number of a release is one that was taken before the claim was Held, and that agents have acknowledged already.",
    edits: [
      {
        file: "operator/plan/release.ts",
        find: "const { releaseSequence } = object.spec;",
        replace: "const releaseSequence = Math.max(1, object.spec.releaseSequence - 1);",
      },
    ],
  },
  {
    name: "hold-forgotten",
    breaks: "A Held claim goes without having rested.",
    edits: [{ file: "operator/plan/hold.ts", find: "(silent.count > 0 ? 10 : 1)", replace: "(silent.count > 0 ? 0 : 0)" }],
  },
  {
    name: "hold-unacknowledged",
    breaks: "A Held claim goes when its time is over, though agents have not seen it Held.",
    edits: [
      {
        file: "operator/plan/hold.ts",
        find: 'if (least < number) return "awaited";',
        replace: "",
      },
    ],
  },
  {
    name: "acknowledged-in-another-incarnation",
    breaks: "What an agent acknowledged under another ledger counts for this one.",
    edits: [
      {
        file: "operator/plan/hold.ts",
        find: "acknowledged?.incarnation === incarnation ? acknowledged.sequence : -1",
        replace: "incarnation === undefined ? -1 : (acknowledged?.sequence ?? -1)",
      },
    ],
  },
  {
    name: "expired-though-had",
    breaks: "A Held claim goes although an agent that is heard of says it has the subnet.",
    edits: [
      {
        file: "operator/plan/hold.ts",
        find: "const keeper = had.get(cidr);",
        replace: "const keeper = had.get(`no ${cidr}`);",
      },
    ],
  },
  {
    name: "drained-with-leases",
    breaks: "A draining subnet is dropped, and its claim laid to rest, while pods have addresses of it.",
    edits: [
      {
        file: "operator/plan/node-spec-subnets.ts",
        find: "return reported?.drained === true && reported.leases === 0;",
        replace: "return reported !== undefined;",
      },
      {
        file: "operator/plan/release.ts",
        find: "return !isNamed && !isKept && status.configGeneration === spec.configGeneration;",
        replace: "return !isNamed && (isKept || !isKept) && status.configGeneration === spec.configGeneration;",
      },
    ],
  },
];

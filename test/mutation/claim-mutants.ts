import { writtenBlindly } from "./ledger-mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Ways to break how claims are made, promoted, given back and told to nodes. */
export const claimMutants: readonly Mutant[] = [
  {
    name: "promote-unread",
    breaks: "A Pending claim becomes Active by the ledger that it was planned from, which is not read again.",
    edits: [
      {
        file: "operator/podnetwork.ts",
        find: "{ ...snapshot, ...(await cluster.groundNow()) }",
        replace: "{ ...snapshot, records: (await cluster.groundNow()).records }",
      },
    ],
  },
  {
    name: "promote-what-another-has",
    breaks: "A Pending claim becomes Active though another node has its prefix, whose claim has come and gone since the plan.",
    edits: [{ file: "operator/plan/node-subnets.ts", find: "node !== object.spec.node", replace: 'node === ""' }],
  },
  {
    name: "promote-by-old-evidence",
    breaks: "A Pending claim becomes Active by what nodes had when it was planned; nobody asks again.",
    edits: [
      {
        file: "operator/podnetwork.ts",
        find: "{ ...snapshot, ...(await cluster.groundNow()) }",
        replace: "{ ...snapshot, ledger: (await cluster.groundNow()).ledger }",
      },
    ],
  },
  {
    name: "promote-any-epoch",
    breaks: "A Pending claim becomes Active under a later entry than the one it was planned from.",
    edits: [{ file: "operator/plan/holding.ts", find: "    entry.epoch === spec.epoch &&\n", replace: "" }],
  },
  {
    name: "promote-any-incarnation",
    breaks: "A Pending claim that was planned before the ledger was lost becomes Active after it.",
    edits: [
      {
        file: "operator/plan/holding.ts",
        find: "entry.networkUID === spec.networkUID &&\n    spec.incarnation === incarnation",
        replace: "entry.networkUID === spec.networkUID",
      },
    ],
  },
  {
    name: "promote-into-closing",
    breaks: "A Pending claim becomes Active although its entry is closing.",
    edits: [{ file: "operator/plan/holding.ts", find: "    entry.open &&\n", replace: "" }],
  },
  {
    name: "created-active",
    breaks: "A claim is Active from the moment of its creation.",
    edits: [{ file: "operator/plan/node-subnets.ts", find: '      state: "Pending",\n', replace: '      state: "Active",\n' }],
  },
  {
    name: "delete-without-preconditions",
    breaks: "What is removed is removed whatever has become of it since it was read.",
    edits: [
      {
        file: "lib/kube/object-writer.ts",
        find: "client.delete(resource, nameOf(base), { uid, resourceVersion })",
        replace: "client.delete(resource, nameOf(base), {})",
      },
    ],
  },
  {
    name: "delete-by-uid-alone",
    breaks: "A claim is removed though it has changed since it was read.",
    edits: [
      {
        file: "lib/kube/object-writer.ts",
        find: "client.delete(resource, nameOf(base), { uid, resourceVersion })",
        replace: "client.delete(resource, nameOf(base), { uid })",
      },
    ],
  },
  {
    name: "claim-written-blindly",
    breaks: "A claim is written whatever has become of it since it was read.",
    edits: writtenBlindly("NodeSubnet"),
  },
  {
    name: "node-network-written-blindly",
    breaks: "A NodeNetwork is written whatever has become of it since it was read.",
    edits: writtenBlindly("NodeNetwork"),
  },
  {
    name: "taken-name-is-ours",
    breaks: "A claim that somebody else made under the wanted name is treated as the one that was to be made.",
    edits: [
      {
        file: "lib/kube/object-writer.ts",
        find: "return kind.differs(want, found) === undefined ? { object: found } : { taken: found };",
        replace: "return { object: { ...found, ...want, metadata: found.metadata } };",
      },
    ],
  },
  // A lost reply that is taken for a failure does no harm: the next pass reads everything anew before it writes. Taken for a success it does.
  {
    name: "lost-reply-is-success",
    breaks: "A change whose reply was lost is taken for one that was done, and nobody looks it up.",
    edits: [
      {
        file: "lib/kube/object-writer.ts",
        find: "const found = await client.get(resource, nameOf(want));\n    if (found === undefined || kind.differs(want, found) !== undefined) throw error;",
        replace: [
          "if (isKubeError(error) && error.outcomeUnknown) return { object: { ...merged(base, want), metadata: base.metadata } };",
          "    const found = await client.get(resource, nameOf(want));",
          "    if (found === undefined || kind.differs(want, found) !== undefined) throw error;",
        ].join("\n"),
      },
    ],
  },
  {
    name: "reports-give-no-claim",
    breaks: "What agents say they have, and what NodeNetworks name, counts as free once its claim is lost.",
    edits: [
      {
        file: "operator/plan/occupancy.ts",
        find: ", ...records.flatMap(evidence).map(({ prefix }) => prefix)];",
        replace: ", ...[records].flatMap(() => [])];",
      },
    ],
  },
  {
    name: "every-word-counts",
    breaks: "Whatever an agent says that it has counts against everybody, however large.",
    edits: [
      {
        file: "operator/plan/words.ts",
        find: "!isPrefixProblem(prefix) && (own.has(word.cidr) || counts(word.cidr, prefix))",
        replace: "!isPrefixProblem(prefix) && (own.has(word.cidr) || counts(word.cidr, prefix) || own.size >= 0)",
      },
    ],
  },
  {
    name: "one-word-gives",
    breaks: "What one agent alone misses of a node gives that node a subnet.",
    edits: [{ file: "operator/plan/unclaimed.ts", find: "speakers.size < 2", replace: "speakers.size < 1" }],
  },
  {
    name: "held-is-free",
    breaks: "A Held claim counts as free.",
    edits: [
      {
        file: "operator/plan/occupancy.ts",
        find: "return [...claims.map(({ prefix }) => prefix),",
        replace: 'return [...claims.filter(({ object }) => object.spec.state !== "Held").map(({ prefix }) => prefix),',
      },
    ],
  },
  {
    name: "allocate-in-recovery",
    breaks: "Subnets are given out while agents have yet to report what they have.",
    edits: [
      {
        file: "operator/plan/allocate.ts",
        find: "isRecovering: snapshot.ledger?.recovering ?? true",
        replace: "isRecovering: false",
      },
    ],
  },
  {
    name: "readopted-by-two",
    breaks: "A subnet without a claim that two nodes report is given to the first of them.",
    edits: [
      {
        file: "operator/plan/unclaimed.ts",
        find: "return theOne(reported) ?? theOne(reported.filter(({ node }) => names.has(node)));",
        replace: "return reported[0];",
      },
    ],
  },
  {
    name: "unheard-owner-passed-over",
    breaks:
      "A subnet without a claim goes to the one node that reports it, though others miss it of a node that has not been heard.",
    edits: [
      {
        file: "operator/plan/unclaimed.ts",
        find: "if (confirmed.some((mention) => !reporters.has(mention.node) && !denies(mention))) return undefined;",
        replace: "",
      },
    ],
  },
  {
    name: "returned-to-another-machine",
    breaks: "A Node gets back what an earlier Node of its name had, though it is another machine.",
    edits: [
      {
        file: "operator/plan/holding.ts",
        find: "const isOfMachine = node.machineID !== undefined && status?.machineID === node.machineID;",
        replace: "const isOfMachine = status !== undefined;",
      },
    ],
  },
  {
    name: "surplus-named",
    breaks: "Where two operators claimed a subnet each for one node, the node is told of both.",
    edits: [
      {
        file: "operator/plan/member.ts",
        find: "const claims = [...holding.kept, ...used]",
        replace: "const claims = [...holding.kept, ...holding.spare]",
      },
    ],
  },
  {
    name: "pending-named",
    breaks: "A node is told of a subnet whose claim is still Pending.",
    edits: [
      {
        file: "operator/plan/node-spec-subnets.ts",
        find: 'member.claims.filter(({ object }) => object.spec.state !== "Pending")',
        replace: "member.claims",
      },
    ],
  },
];

import type { Mutant } from "./mutant.ts";

/** Ways to break the ledger: who enters, how an entry goes, and what is made of one that is lost. */
export const ledgerMutants: readonly Mutant[] = [
  {
    name: "newcomers-unchecked",
    breaks: "Two overlapping ranges that come at once both enter the ledger.",
    edits: [
      {
        file: "operator/plan/admission.ts",
        find: "first(index.touching(range.prefix)) ?? entered.find((other) => prefixesOverlap(other.prefix, range.prefix));",
        replace: "first(index.touching(range.prefix));",
      },
    ],
  },
  {
    name: "newcomer-beside-entry",
    breaks: "A range enters the ledger although an entry that stands overlaps it.",
    edits: [
      {
        file: "operator/plan/admission.ts",
        find: "first(index.touching(range.prefix)) ?? entered.find(",
        replace: "entered.find(",
      },
    ],
  },
  {
    name: "stray-ignored-on-entry",
    breaks: "A range enters the ledger although something that is in use outside of all entries overlaps it.",
    edits: [
      {
        file: "operator/plan/admission.ts",
        find: "for (const stray of strays.touching(range.prefix))",
        replace: "for (const stray of [] as Use[])",
      },
    ],
  },
  {
    name: "ledger-written-blindly",
    breaks: "The ledger is written whatever has become of it since it was read.",
    edits: writtenBlindly("RangeLedger"),
  },
  {
    name: "claims-read-before-ledger",
    breaks: "Claims are listed before the ledger is read, so that an entry that closes in between may leave under a claim.",
    edits: [
      {
        file: "operator/cluster.ts",
        find: "const ledger = await client.get(rangeLedgers, ledgerName);\n      const { items: records }",
        replace: "const { items: records }",
      },
      {
        file: "operator/cluster.ts",
        find: "const { items: networks } = await client.listAll(podNetworks);",
        replace:
          "const { items: networks } = await client.listAll(podNetworks);\n      const ledger = await client.get(rangeLedgers, ledgerName);",
      },
    ],
  },
  {
    name: "closing-entry-leaves-under-pending",
    breaks: "A closing entry leaves the ledger although a Pending claim lies in it.",
    edits: [
      {
        file: "operator/plan/ledger.ts",
        find: "prefixesInUse(snapshot)",
        replace:
          'prefixesInUse({ ...snapshot, claims: snapshot.claims.filter(({ object }) => object.spec.state !== "Pending") })',
      },
    ],
  },
  {
    name: "entry-leaves-at-once",
    breaks: "An entry in which nothing is to be seen leaves the ledger without having been Closing.",
    edits: [
      {
        file: "operator/plan/ledger.ts",
        find: "stored.every((entry) => entry.open) ? new Set() : usedEntries(stored, snapshot)",
        replace: "usedEntries(stored, snapshot)",
      },
      {
        file: "operator/plan/ledger.ts",
        find: "return [{ ...entry, open: false }];",
        replace: "return used.has(entry) ? [{ ...entry, open: false }] : [];",
      },
    ],
  },
  {
    name: "closing-entry-reopened",
    breaks: "A closing entry whose range is wanted again is opened again under its old epoch.",
    edits: [
      {
        file: "operator/plan/ledger.ts",
        find: "if (!entry.open || (isWanted(entry, byUID.get(entry.networkUID)) && !ending.has(entry.networkUID))) return [entry];",
        replace: [
          "const isStillWanted = isWanted(entry, byUID.get(entry.networkUID)) && !ending.has(entry.networkUID);",
          "if (isStillWanted && !entry.open) because.push(`${entry.cidr} is wanted again`);",
          "if (isStillWanted) return [{ ...entry, open: true }];",
          "if (!entry.open) return [entry];",
        ].join("\n    "),
      },
    ],
  },
  {
    name: "epoch-given-twice",
    breaks: "The ledger forgets the epochs of entries that have left, and gives them again.",
    edits: [
      {
        file: "operator/plan/admission.ts",
        find: "Math.max(object?.spec.epoch ?? 0, ",
        replace: "Math.max(0, ",
      },
    ],
  },
  {
    name: "ledger-lost-unnoticed",
    breaks: "Where the ledger is gone, a new one is made as if nothing were in use.",
    edits: [
      { file: "operator/plan/recovery.ts", find: 'return isInUse ? "LedgerLost" : undefined;', replace: "return undefined;" },
    ],
  },
  {
    name: "rollback-unnoticed",
    breaks: "A ledger that claims and agents have seen newer, or that went back in time, is taken for the newest.",
    edits: [
      {
        file: "operator/plan/recovery.ts",
        find: 'if (wentBack || isOutrun(ledger, snapshot)) return "LedgerRolledBack";',
        replace: "",
      },
    ],
  },
  {
    name: "recovery-over-at-once",
    breaks: "Recovery ends before the agents have reported what they have.",
    edits: [
      {
        file: "operator/plan/recovery.ts",
        find: "return leftMs <= 0 || awaitedNodes(snapshot).length === 0;",
        replace: "return true;",
      },
    ],
  },
];

/** The edits after which objects of a kind are written under the newest version, whatever that is: on no condition. */
export function writtenBlindly(kind: string): Mutant["edits"] {
  const file = "lib/kube/object-writer.ts";
  const renewed = [
    "async function renewed<T extends KubeObject>({ client, resource, kind }: ObjectWriterOptions<T>, object: T): Promise<T> {",
    `  const now = kind.name === "${kind}" ? await client.get(resource, nameOf(object)) : undefined;`,
    "  if (now === undefined) return object;",
    "  const { uid, resourceVersion } = now.metadata;",
    "  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };",
    "}",
    "",
  ];
  return [
    {
      file,
      find: "const next = merged(base, want);",
      replace: "const next = await renewed(options, merged(base, want));",
    },
    { file, find: "/** The object as wanted, with what others keep in it. */", replace: renewed.join("\n") },
  ];
}

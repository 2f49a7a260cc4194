import type { Mutant } from "./mutant.ts";

/** Ways to break what an agent keeps, gives up, and says. */
export const agentMutants: readonly Mutant[] = [
  {
    name: "agent-acknowledges-across-incarnations",
    breaks: "An agent acknowledges under a new ledger what it saw under the one before.",
    edits: [
      {
        file: "node-agent/plan/acknowledge.ts",
        find: "before?.incarnation === incarnation ? before.sequence : 0",
        replace: "before?.sequence ?? 0",
      },
    ],
  },
  {
    name: "agent-acknowledges-releases-of-other-ledgers",
    breaks: "An agent takes the number of a release under another ledger for one of this ledger.",
    edits: [
      {
        file: "node-agent/plan/acknowledge.ts",
        find: 'claim.state === "Held" && claim.incarnation === incarnation',
        replace: 'claim.state === "Held"',
      },
    ],
  },
  {
    name: "agent-acknowledges-what-it-offers",
    breaks: "An agent acknowledges the release of a subnet of its own that its configuration still gives to pods.",
    edits: [
      {
        file: "node-agent/plan/decide.ts",
        find: "owner === node && offered.has(renderPrefix(prefix))",
        replace: "owner === node && offered.has(renderPrefix(prefix)) && false",
      },
    ],
  },
  {
    name: "agent-takes-its-own-retry-for-drift",
    breaks: "An agent that could not make a change of its own at once says that somebody else undid it.",
    edits: [
      {
        file: "node-agent/plan/drift.ts",
        find: "if (known.owed.has(key)) return false;",
        replace: "",
      },
    ],
  },
  {
    name: "agent-takes-what-its-own-new-link-took-along-for-drift",
    breaks: "An agent that makes a tunnel anew says that somebody else took away what stood on it.",
    edits: [
      {
        file: "node-agent/plan/drift.ts",
        find: "&& !devices.some((device) => remade.has(device))",
        replace: "",
      },
    ],
  },
  {
    name: "agent-reports-an-empty-summary",
    breaks: "An agent that has nothing to sum up applies an empty summary, which the API server refuses for ever.",
    edits: [
      {
        file: "node-agent/plan/node-status.ts",
        find: "if (bridge === undefined && peers === undefined) return {};",
        replace: "",
      },
    ],
  },
  {
    name: "agent-routes-to-pending",
    breaks: "An agent uses Pending claims.",
    edits: [
      {
        file: "node-agent/plan/losses.ts",
        find: 'claim.state === "Pending" ? [] : [stillReached(claim, known)]',
        replace: "[stillReached(claim, known)]",
      },
    ],
  },
  {
    name: "agent-begins-unclaimed",
    breaks: "A node begins to use a subnet that its NodeNetwork names before its claim counts.",
    edits: [
      {
        file: "node-agent/plan/subnet-state.ts",
        find: 'isUsed ? standing !== "Pending" : isState(saying) && isState(standing)',
        replace: 'isUsed ? standing !== "Pending" : isState(saying)',
      },
    ],
  },
  {
    name: "agent-forgets-vanished",
    breaks: "An agent drops its route to a subnet whose claim vanished without having been Held.",
    edits: [
      {
        file: "node-agent/plan/losses.ts",
        find: "const lost = missing.filter(({ prefix }) => !isTaken(prefix) && !isForgotten(prefix))",
        replace: "const lost = missing.filter((claim) => !isTaken(claim.prefix) && false)",
      },
    ],
  },
  {
    name: "agent-gives-up-vanished",
    breaks: "An agent gives up a subnet of its own whose claim vanished without having been Held.",
    edits: [
      {
        file: "node-agent/plan/subnet-state.ts",
        find: 'if (before === "Held" || before === "Leaving") return "Leaving";',
        replace: 'return "Leaving";',
      },
    ],
  },
  {
    name: "agent-forgets-journal",
    breaks: "An agent that starts again does not read its journal.",
    edits: [
      {
        file: "node-agent/plan/journal.ts",
        find: "&& machineID !== here.machineID) return undefined;",
        replace: "&& machineID !== `${here.machineID}.`) return undefined;",
      },
    ],
  },
  {
    name: "agent-trusts-journal-of-another-boot",
    breaks: "After a reboot an agent uses what its journal says before the API server has confirmed it.",
    edits: [
      {
        file: "node-agent/plan/journal.ts",
        find: "if (bootID !== undefined && bootID === here.bootID) return memory;",
        replace: "if (bootID !== undefined) return memory;",
      },
    ],
  },
  {
    name: "agent-takes-address-under-pods",
    breaks: "A subnet that a node leaves goes from its bridge while pods have addresses of it.",
    edits: [
      {
        file: "node-agent/plan/own-subnets.ts",
        find: "const isGone = leases === 0 && (stale",
        replace: "const isGone = (stale",
      },
    ],
  },
  {
    name: "agent-does-not-wait-for-pods-in-the-making",
    breaks:
      "A subnet that a node leaves goes as soon as no configuration offers it, while a pod may be getting an address of it.",
    edits: [
      {
        file: "node-agent/plan/own-subnets.ts",
        find: "isGoing && sight.isClosed(prefix)",
        replace: "isGoing",
      },
    ],
  },
  {
    name: "agent-takes-addresses-of-pods-in-the-making",
    breaks: "An address is taken back from a pod that is being made, when that takes long.",
    edits: [
      {
        file: "node-agent/plan/leaks.ts",
        find: "if (hiding.size > 0) continue;",
        replace: "",
      },
    ],
  },
  {
    name: "agent-takes-addresses-at-first-sight",
    breaks: "An address is taken back at the first look at which no pod has it.",
    edits: [
      {
        file: "node-agent/plan/leaks.ts",
        find: "known !== undefined && nowMs - sinceMs >= apartMs",
        replace: "nowMs - sinceMs >= apartMs || known === undefined",
      },
    ],
  },
  {
    name: "agent-takes-addresses-without-namespaces",
    breaks: "An address is taken back from a pod whose namespace is there, when its port is not.",
    edits: [
      {
        file: "node-agent/plan/lease-evidence.ts",
        find: "!namespaces.has(namespace) && ",
        replace: "",
      },
    ],
  },
  {
    name: "agent-offers-held",
    breaks: "A node gives pods addresses of a subnet whose claim is Held.",
    edits: [
      {
        file: "node-agent/plan/subnet-state.ts",
        find: 'return saying === "Unnamed" ? "Leaving" : "Held";',
        replace: 'return saying === "Unnamed" ? "Leaving" : "Active";',
      },
    ],
  },
];

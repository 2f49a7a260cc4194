import { availableParallelism } from "node:os";

/** The levels of tests, in the order they run. */
export const LEVELS = ["unit", "kernel", "contract", "cluster", "delivery"] as const;

export type LevelName = (typeof LEVELS)[number];

/** What a level needs and may take. */
export interface Level {
  readonly name: LevelName;
  /** How many test files run at once. */
  readonly concurrency: number;
  readonly needsRoot: boolean;
  readonly budget: Budget;
  /** What providing the third-party programs it stands on counts towards. */
  readonly programs: Budget;
  /** Files that begin first, in this order: such as take a minute or more, so that nobody waits at the end for one that began last. */
  readonly first?: readonly string[];
}

/** The most seconds a level, or several together, may take. */
export interface Budget {
  readonly levels: readonly string[];
  readonly seconds: number;
}

const QUICK: Budget = { levels: ["unit", "kernel"], seconds: 180 };

/** What building or fetching the third-party programs may take; it is measured apart from the levels. */
export const BINARIES_BUDGET: Budget = { levels: ["binaries"], seconds: 1200 };

/** The same for those that only the last level needs, which are built once all others have run (ADR 12). */
export const LATE_BINARIES_BUDGET: Budget = { levels: ["late binaries"], seconds: 900 };

/** The level of a name. */
export function levelNamed(name: LevelName): Level {
  return { name, ...TABLE[name] };
}

const contractLongest = ["webhook-down", "kube-informer", "plan", "operator-story", "identity"].map(
  (name) => `test/contract/${name}.test.ts`,
);

/** Packets are lost while agents take turns, the more the longer each one takes: counted beside files that mostly wait. */
const clusterFirst = [
  "test/cluster/tunnels.test.ts",
  "test/kernel/agent-lifecycle.cluster.test.ts",
  "test/kernel/agent-reboot.cluster.test.ts",
  "test/kernel/reachability.cluster.test.ts",
  "test/contract/agent.cluster.test.ts",
];

const TABLE: Readonly<Record<LevelName, Omit<Level, "name">>> = {
  unit: { concurrency: availableParallelism(), needsRoot: false, budget: QUICK, programs: BINARIES_BUDGET },
  kernel: { concurrency: 2, needsRoot: true, budget: QUICK, programs: BINARIES_BUDGET },
  // Its API servers run in the lab, in a network namespace of their own. Its tests wait more than they work.
  contract: {
    concurrency: 4,
    needsRoot: true,
    budget: { levels: ["contract"], seconds: 420 },
    programs: BINARIES_BUDGET,
    first: contractLongest,
  },
  // Beside real nodes also what runs whole processes for long: they would take the processors from the tests of the level before. While one cluster waits for its pods, another one works.
  cluster: {
    concurrency: 2,
    needsRoot: true,
    budget: { levels: ["cluster"], seconds: 900 },
    programs: BINARIES_BUDGET,
    first: clusterFirst,
  },
  // podnet as it is delivered: its image and chart, installed, upgraded, run from Git, and removed.
  delivery: { concurrency: 1, needsRoot: true, budget: { levels: ["delivery"], seconds: 600 }, programs: LATE_BINARIES_BUDGET },
};

/**
 * The level a test file belongs to, by its path in the project: `….<level>.test.ts`, else `test/<level>/…`; everything else
 * is a unit test. So every file belongs to exactly one level, and none is left out. Tests of the kernel and of the API server that take long run with `cluster`.
 */
export function levelOf(file: string): LevelName {
  const named = LEVELS.find((level) => file.endsWith(`.${level}.test.ts`));
  return named ?? LEVELS.find((level) => file.startsWith(`test/${level}/`)) ?? "unit";
}

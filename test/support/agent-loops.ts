import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { AgentNode } from "./agent-node.ts";
import type { LoopsAnswer, LoopsOrder } from "./loops-inside.ts";
import { until } from "./until.ts";
import { cachingNode } from "../../tools/compile-cache.ts";

/** A whole agent that keeps up a node until the test ends. */
export interface RunningAgent {
  /** What it would report, newest last. */
  readonly answers: readonly (LoopsAnswer & { readonly atMs: number })[];
  /** What it logged that may be of interest to people. */
  readonly logged: readonly string[];
  /** How many things it says that it has put right. */
  repairs(): number;
  /** Waits until it says so of more than there were; gives when it said so first. */
  untilRepaired(more: number, what: string): Promise<number>;
}

const inside = fileURLToPath(new URL("loops-inside.ts", import.meta.url));

/** Starts it in the node's namespace, and waits until it has programmed the node and comes to rest. */
export async function startLoops(
  t: TestContext,
  node: AgentNode,
  order: Pick<LoopsOrder, "view" | "runFolder">,
): Promise<RunningAgent> {
  const answers: (LoopsAnswer & { atMs: number })[] = [];
  const logged: string[] = [];
  const stop = new AbortController();
  const listener = {
    line: (text: string) => answers.push({ ...(JSON.parse(text) as LoopsAnswer), atMs: performance.now() }),
    complaint: (text: string) => (text.startsWith("{") ? void logged.push(text) : t.diagnostic(text)),
  };
  const full: LoopsOrder = { ...node.order, ...order };
  let hasEnded = false;
  const argv = [...cachingNode, inside, JSON.stringify(full)];
  void node.netns.exec.follow(argv, listener, stop.signal).finally(() => (hasEnded = true));
  node.endsBefore(() => {
    stop.abort();
    return until("the agent stops when it is told to", () => hasEnded);
  });
  const repairs = () => answers.at(-1)?.status.drift?.repairsTotal ?? 0;
  await until("the node is programmed", () => answers.at(-1)?.findings[0]?.status === "True");
  await untilQuiet(answers);
  return {
    answers,
    logged,
    repairs,
    async untilRepaired(more, what) {
      const before = repairs();
      await until(`${what}: repaired`, () => repairs() >= before + more);
      return answers.find(({ status }) => (status.drift?.repairsTotal ?? 0) >= before + more)?.atMs ?? Number.NaN;
    },
  };
}

/** Long enough for a watch to begin, and for all that is heard of one's own changes. */
const quietMs = 1_200;

async function untilQuiet(answers: RunningAgent["answers"]): Promise<void> {
  await until("the agent comes to rest", () => performance.now() - (answers.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) > quietMs);
}

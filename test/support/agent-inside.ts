import { text } from "node:stream/consumers";
import { makeExec } from "../../lib/linux/exec.ts";
import { type AgentRun, createAgent } from "../../node-agent/agent.ts";
import { journalFile } from "../../node-agent/journal-file.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import type { Fault } from "../../node-agent/plan/faults.ts";
import type { Identity } from "../../node-agent/plan/journal.ts";
import { type NodeReport, nodeReport } from "../../node-agent/plan/node-status.ts";
import type { AgentPlace } from "../../node-agent/program.ts";

/** What an agent in a namespace is to do: run once for each view, one after the other, each `stepMs` after the last by its clock. */
export interface AgentOrder {
  readonly node: string;
  readonly place: Omit<AgentPlace, "exec">;
  readonly identity: Identity;
  readonly journal: string;
  readonly stepMs: number;
  /** Null: the API server was not heard yet. */
  readonly views: readonly (AgentView | null)[];
}

/** One run, as far as it can be written down; of one that did nothing, no kinds. */
export interface AgentAnswer extends Pick<AgentRun, "kinds" | "againAfterMs"> {
  readonly faults: readonly Fault[];
  /** Undefined where there is no NodeNetwork to report to. */
  readonly report?: NodeReport;
  readonly unreadable: AgentRun["unreadable"];
  readonly milliseconds: number;
}

/** Between the two looks of a drain. */
const drainMs = 60_000;

// Started inside a network namespace: settings under /proc/sys are those of the process that opens them.
const { node, place, identity, journal, stepMs, views } = JSON.parse(await text(process.stdin)) as AgentOrder;
let steps = 0;
const agent = createAgent({
  node,
  identity,
  drainMs,
  place: { exec: makeExec(), ...place },
  journal: journalFile(journal, identity),
  clock: { now: () => steps * stepMs },
});
const answers: AgentAnswer[] = [];
for (const view of views) {
  steps += 1;
  const began = performance.now();
  const run = await agent.run(view ?? undefined);
  const { outcome, kinds, unreadable, againAfterMs } = run ?? { outcome: undefined, kinds: [], unreadable: [] };
  answers.push({
    kinds,
    unreadable,
    ...(againAfterMs === undefined ? {} : { againAfterMs }),
    faults: outcome?.faults ?? [],
    ...(outcome === undefined ? {} : { report: nodeReport(outcome, view?.own?.status, "test") }),
    milliseconds: performance.now() - began,
  });
}
console.log(JSON.stringify(answers));

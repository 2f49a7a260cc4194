import { text } from "node:stream/consumers";
import { makeExec } from "../../lib/linux/exec.ts";
import { type AgentRun, type AgentView, createAgent } from "../../node-agent/agent.ts";
import type { Fault } from "../../node-agent/plan/faults.ts";
import { type NodeReport, nodeReport } from "../../node-agent/plan/node-status.ts";
import type { AgentPlace } from "../../node-agent/program.ts";

/** What an agent in a namespace is to do: run once for each view, one after the other, a minute apart by its clock. */
export interface AgentOrder {
  readonly node: string;
  readonly place: Omit<AgentPlace, "exec">;
  readonly views: readonly AgentView[];
}

/** One run, as far as it can be written down. */
export interface AgentAnswer extends Pick<AgentRun, "kinds" | "againAfterMs"> {
  readonly faults: readonly Fault[];
  /** Undefined where there is no NodeNetwork to report to. */
  readonly report?: NodeReport;
  readonly milliseconds: number;
}

// Started inside a network namespace: settings under /proc/sys are those of the process that opens them.
const order = JSON.parse(await text(process.stdin)) as AgentOrder;
let minutes = 0;
const agent = createAgent(order.node, { exec: makeExec(), ...order.place }, { now: () => minutes * 60_000 });
const answers: AgentAnswer[] = [];
for (const view of order.views) {
  minutes += 1;
  const began = performance.now();
  const { outcome, kinds, againAfterMs } = await agent.run(view);
  answers.push({
    kinds,
    ...(againAfterMs === undefined ? {} : { againAfterMs }),
    faults: outcome?.faults ?? [],
    ...(outcome === undefined ? {} : { report: nodeReport(outcome, view.own?.status, "test") }),
    milliseconds: performance.now() - began,
  });
}
console.log(JSON.stringify(answers));

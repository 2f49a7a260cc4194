import { createMetrics } from "../../lib/daemon/metrics.ts";
import { makeExec } from "../../lib/linux/exec.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { createAgent } from "../../node-agent/agent.ts";
import { journalFile } from "../../node-agent/journal-file.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import { startProber } from "../../node-agent/prober.ts";
import type { AgentOrder } from "./agent-inside.ts";

/** What an agent that goes on in a namespace is to do: program the node once, then probe until it is ended, with short pauses. */
export interface ProberOrder extends Omit<AgentOrder, "stepMs" | "views"> {
  readonly view: AgentView;
  readonly port: number;
}

// Started inside a network namespace, with the order as its first argument; prints a line for everything it has to tell.
const order = JSON.parse(process.argv[2] ?? "") as ProberOrder;
const { node, identity, port, view } = order;
const stop = new AbortController();
const agent = createAgent({
  node,
  identity,
  drainMs: 60_000,
  place: { exec: makeExec(), ...order.place },
  journal: journalFile(order.journal, identity),
  clock: systemClock,
});
const prober = startProber({
  port,
  clock: systemClock,
  wallClock: Date.now,
  random: Math.random,
  metrics: createMetrics({ component: "agent", table: agentMetrics }),
  pace: { pauseMs: 100, spreadMs: 100, timeoutMs: 800 },
  onChange: () => console.log(JSON.stringify(prober.reachability() ?? null)),
  onFailure: ({ error }) => console.error(error),
  signal: stop.signal,
});
const run = await agent.run(view);
if (run?.probing !== undefined) prober.follow(run.probing, view.own?.status?.reachability);
process.once("SIGTERM", () => stop.abort());
await prober.stopped;

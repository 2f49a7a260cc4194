import { createLog } from "../../lib/daemon/log.ts";
import { createMetrics } from "../../lib/daemon/metrics.ts";
import { makeExec } from "../../lib/linux/exec.ts";
import { warmExec } from "../../lib/linux/warm-exec.ts";
import { watchKernel } from "../../lib/linux/watch.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { journalFile } from "../../node-agent/journal-file.ts";
import { startAgentLoops } from "../../node-agent/loops.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import { type NodeReport, nodeReport } from "../../node-agent/plan/node-status.ts";
import { watchFolders } from "../../node-agent/watch-folders.ts";
import type { AgentOrder } from "./agent-inside.ts";

/** What a whole agent in a namespace is to keep up; the API server says the same all the time. */
export interface LoopsOrder extends Pick<AgentOrder, "node" | "place" | "identity" | "journal"> {
  readonly view: AgentView;
  readonly runFolder: string;
}

/** One line of its output: what it would report after a look at the node. */
export interface LoopsAnswer extends NodeReport {
  /** Looks so far. */
  readonly looks: number;
  /** Processor time so far, its own. */
  readonly cpuMs: number;
}

const order = JSON.parse(process.argv[2] ?? "") as LoopsOrder;
const { node, place: folders, identity, view, runFolder } = order;
const stop = new AbortController();
const { signal } = stop;
process.once("SIGTERM", () => stop.abort());
const place = { ...folders, exec: warmExec(makeExec(), signal) };
const metadata = { name: node, uid: "uid", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
const own = view.own && { ...view.own, metadata };
let looks = 0;

const loops = startAgentLoops({
  nodeName: node,
  place,
  identity,
  runFolder,
  journal: journalFile(order.journal, identity),
  drainMs: 60_000,
  leakMs: 3_600_000,
  probePort: 0,
  resyncMs: 3_600_000,
  own: { get: () => own, synced: true },
  claims: { list: () => view.claims, synced: true, broken: false, relist: () => undefined },
  reporter: {
    report: async (_, outcome) => {
      looks += 1;
      const { user, system } = process.cpuUsage();
      const answer: LoopsAnswer = { ...nodeReport(outcome, undefined, "test"), looks, cpuMs: (user + system) / 1000 };
      console.log(JSON.stringify(answer));
      return 3_600_000;
    },
  },
  log: createLog({ component: "agent", level: "info", write: (line) => void process.stderr.write(line) }),
  metrics: createMetrics({ component: "agent", table: agentMetrics }),
  clock: systemClock,
  wallClock: Date.now,
  random: Math.random,
  signal,
});
const watching = watchFolders([place.confFolder], { changed: (path) => loops.changed(path), clock: systemClock, signal });
await watchKernel(place.exec, ({ what, detail }) => (what === "changed" ? loops.changed(detail) : loops.trigger(detail)), signal);
await Promise.all([loops.stopped, watching]);

import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import type { AgentRun } from "./agent.ts";
import { agentMetrics } from "./metrics.ts";
import { createProblemLog } from "./problem-log.ts";
import { createRunLog } from "./run-log.ts";

/** A log at level info, and what it printed: level and message, and the reason where there is one. */
function listening() {
  const lines: string[] = [];
  const write = (line: string) => {
    const { level, message, because } = JSON.parse(line) as { level: string; message: string; because?: string };
    lines.push([level, message, because].filter(Boolean).join(": "));
  };
  return { log: createLog({ component: "agent", level: "info", write }), lines };
}

const facts = { subnets: [], open: [], addBelowFreeIPs: 0, lost: [], acknowledged: undefined, nodeUID: undefined, nodes: 1 };
const identity = { machineID: undefined, bootID: undefined };

function run(part: Partial<AgentRun> = {}, reasons: readonly string[] = []): AgentRun {
  const warnings = { missingPlugins: [], foreignConflists: [], confFolder: "", bridgeNetfilterMissing: false };
  const faults = reasons.map((reason) => ({ reason, message: `${reason} it is` }));
  return {
    outcome: { configGeneration: 1, programmed: undefined, faults, warnings, isDone: faults.length === 0, facts, identity },
    kinds: [],
    unreadable: [],
    ...part,
  };
}

const added: KindOutcome = {
  kind: "route",
  steps: [{ op: "add", kind: "route", key: "10.244.2.0/24", because: "missing" }],
  errors: [],
};
const refused: KindOutcome = { ...added, errors: [{ op: "add", kind: "route", key: "10.244.2.0/24", message: "not ours" }] };

test("a node is told of when it becomes programmed, and not again while nothing changes", () => {
  const { log, lines } = listening();
  const runLog = createRunLog(log);
  runLog.note(run({ kinds: [added] }), ["start"], 5);
  for (let n = 0; n < 3; n++) runLog.note(run(), [], 5);
  assert.deepEqual(lines, ["info: node converged: start", "info: node programmed"]);
});

test("a kind that could not be seen is told of, also where it is no fault", () => {
  const { log, lines } = listening();
  createRunLog(log).note(run({ kinds: [{ kind: "port", steps: [], errors: [], unseen: "no notes" }] }), ["start"], 5);
  assert.deepEqual(lines, ["warn: node not as wanted: no notes", "info: node programmed"]);
});

test("what is wrong is told once, and again only when it comes back", () => {
  const { log, lines } = listening();
  const runLog = createRunLog(log);
  const wrong = run({ kinds: [refused], unreadable: [{ path: "NodeSubnet/x", code: "NotAPrefix", message: "x is ignored" }] }, [
    "NoUplink",
  ]);
  runLog.note(wrong, ["start"], 5);
  runLog.note(wrong, [], 5);
  const told = [
    "warn: node not as wanted: x is ignored",
    "warn: node not as wanted: not ours",
    "warn: node not as wanted: NoUplink it is",
  ];
  assert.deepEqual(lines, told);
  runLog.note(run(), [], 5);
  runLog.note(wrong, [], 5);
  assert.deepEqual(lines, [...told, "info: node programmed", ...told]);
});

test("an API server that stays away is told of once for each kind and fault, until it is heard again", () => {
  const { log, lines } = listening();
  const problems = createProblemLog(log, createMetrics({ component: "agent", table: agentMetrics }));
  const problem = { doing: "watch", error: new Error("no answer"), retryMs: 100 } as const;
  for (const kind of ["NodeSubnet", "NodeNetwork", "NodeSubnet"]) problems.note(kind, problem);
  problems.note("NodeSubnet", { ...problem, error: new Error("forbidden") });
  assert.equal(lines.length, 3);
  problems.heard("NodeSubnet");
  problems.note("NodeSubnet", { ...problem, error: new Error("forbidden") });
  assert.equal(lines.length, 4);
});

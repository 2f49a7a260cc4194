import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { KubeError } from "../lib/kube/errors.ts";
import { claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../test/support/node-view.ts";
import type { AgentRun } from "./agent.ts";
import { agentMetrics } from "./metrics.ts";
import { planNode } from "./plan/node-state.ts";
import type { OwnFacts } from "./plan/node-status.ts";
import { createRunMetrics } from "./run-metrics.ts";
import { createStatusMetrics } from "./status-metrics.ts";

const known = { addBelowFreeIPs: 0, lost: [], acknowledged: undefined, nodeUID: undefined, nodes: 1 };

function run(facts: Pick<OwnFacts, "subnets" | "open">, part: Partial<AgentRun> = {}): AgentRun {
  const warnings = { missingPlugins: [], foreignConflists: [], confFolder: "", bridgeNetfilterMissing: false };
  const identity = { machineID: undefined, bootID: undefined };
  const outcome = { configGeneration: 1, programmed: undefined, faults: [], warnings, isDone: true, identity };
  return { outcome: { ...outcome, facts: { ...known, ...facts } }, kinds: [], unreadable: [], ...part };
}

/** Metrics of an agent, and the value of the first one that begins like this. */
function bench() {
  const metrics = createMetrics({ component: "agent", table: agentMetrics });
  const value = async (series: string) => {
    const line = (await metrics.text()).split("\n").find((text) => text.startsWith(series));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
  return { value, runs: createRunMetrics(metrics), statuses: createStatusMetrics(metrics) };
}

const free = 'podnet_agent_addresses{family="IPv4",state="free"';
const leased = 'podnet_agent_addresses{family="IPv4",state="leased"';

test("addresses are counted by family; those of a subnet that gives none to new pods are not free", async () => {
  const { value, runs } = bench();
  const subnets = [
    { cidr: "10.244.1.0/24", leases: 3, free: 250 },
    { cidr: "10.244.9.0/24", leases: 2, free: 251 },
    { cidr: "fd00:10:244:1::/64", leases: 1, free: 2_147_483_647 },
  ];
  runs.note(run({ subnets, open: ["10.244.1.0/24", "fd00:10:244:1::/64"] }), 3, 5);
  assert.deepEqual([await value(free), await value(leased)], [250, 5]);
  assert.equal(await value('podnet_agent_addresses{family="IPv6",state="leased"'), 1);
  assert.deepEqual([await value("podnet_agent_subnets"), await value("podnet_agent_programmed")], [3, 1]);
  runs.note(run({ subnets: undefined, open: [] }), 3, 5);
  assert.equal(await value(free), 250, "leases could not be read: as before");
});

test("other nodes are counted, not their subnets, and as routed those alone to which every route is written", async () => {
  const { value, runs } = bench();
  const own = ownNetwork(dualSpec());
  const hops = [12, 13].flatMap((n) => [`192.168.1.${n}`, `fd00:192:168:1::${n}`]);
  const plan = planNode("node-1", own, claimsOf([...dualClaims(2), ...dualClaims(3)]), nodeFacts(hops));
  assert.ok("kernel" in plan);
  const step = { op: "add", kind: "route", key: "fd00:10:244:3::/64" } as const;
  const refused = { kind: "route", steps: [], errors: [{ ...step, message: "refused" }] };
  const { outcome } = run({ subnets: [], open: [] });
  assert.ok(outcome);
  const counts = async () => [await value("podnet_agent_peers_known"), await value("podnet_agent_peers_routed")];
  for (const [outcomes, routed] of [
    [[], 2],
    [[refused], 1],
  ] as const) {
    runs.note(run({ subnets: [], open: [] }, { outcome: { ...outcome, programmed: { own, plan, outcomes } } }), 1, 5);
    assert.deepEqual(await counts(), [2, routed]);
  }
});

test("a journal that cannot be written and looks that break off are counted", async () => {
  const { value, runs } = bench();
  const unreadable = [{ path: "/var/lib/podnet/journal.json", code: "JournalNotWritten", message: "full" }];
  runs.note(run({ subnets: [], open: [] }, { unreadable }), 0, 5);
  assert.equal(await value("podnet_agent_journal_failing"), 1);
  runs.note(run({ subnets: [], open: [] }), 0, 5);
  assert.equal(await value("podnet_agent_journal_failing"), 0);
  runs.failed();
  assert.equal(await value("podnet_agent_run_failures_total"), 1);
});

test("a warning stands as long as it is found, and not where there is nobody to tell it", async () => {
  const { value, runs, statuses } = bench();
  const blocked = 'podnet_agent_condition{type="ForwardBlocked"';
  const found = { type: "ForwardBlocked", status: "True", reason: "FirewallDrops", message: "" } as const;
  statuses.found([found, { ...found, type: "Programmed" }]);
  assert.equal(await value(blocked), 1);
  assert.equal(await value('podnet_agent_condition{type="PluginMissing"'), 0);
  assert.equal(await value('podnet_agent_condition{type="Programmed"'), undefined);
  statuses.found([]);
  assert.equal(await value(blocked), 0);
  statuses.found([found]);
  runs.note(run({ subnets: [], open: [] }, { outcome: undefined }), 0, 5);
  assert.equal(await value(blocked), 0);
});

test("writes of the status are counted by what became of them", async () => {
  const { value, statuses } = bench();
  statuses.written();
  statuses.failed(new KubeError("no", { code: "Forbidden" }));
  assert.equal(await value('podnet_agent_status_writes_total{code="written"'), 1);
  assert.equal(await value('podnet_agent_status_writes_total{code="Forbidden"'), 1);
});

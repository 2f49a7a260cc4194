import assert from "node:assert/strict";
import { test } from "node:test";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { planNode } from "./node-state.ts";
import { nodeReport, type OwnFacts, type RunOutcome, type Warnings } from "./node-status.ts";

const quiet: Warnings = { missingPlugins: [], foreignConflists: [], confFolder: "/etc/cni/net.d", bridgeNetfilterMissing: false };
const own = ownNetwork(dualSpec());
const claims = claimsOf([...dualClaims(2), ...dualClaims(3), claimObject(4, { nextHops: [] })]);

const identity = { machineID: "4f1f", bootID: "boot-2" };
const facts: OwnFacts = {
  subnets: [{ cidr: "10.244.1.0/24", leases: 2, free: 251 }],
  open: ["10.244.1.0/24"],
  addBelowFreeIPs: 16,
  lost: [{ cidr: "10.244.7.0/24", node: "node-7", nodeUID: "uid-node-7" }],
  acknowledged: { incarnation: "ledger-1", sequence: 3 },
  nodeUID: "uid-node-1",
  nodes: 4,
};
/** What every status of that run says, whatever became of the kernel. */
const said = {
  ...identity,
  nodeUID: "uid-node-1",
  acknowledged: facts.acknowledged,
  subnets: facts.subnets,
  lost: facts.lost,
};

/** A run of node-1 with three peers, one of which has no address, in which these kinds had these outcomes. */
function outcome(outcomes: readonly KindOutcome[] = [], part: Partial<RunOutcome> = {}): RunOutcome {
  const plan = planNode(
    "node-1",
    own,
    claims,
    nodeFacts(["192.168.1.12", "192.168.1.13", "fd00:192:168:1::12", "fd00:192:168:1::13"]),
  );
  assert.ok("kernel" in plan);
  const isDone = (part.faults ?? []).length === 0;
  return {
    configGeneration: 5,
    isDone,
    programmed: { own, plan, outcomes },
    faults: [],
    warnings: quiet,
    facts,
    identity,
    ...part,
  };
}

function errorOf(kind: string, key: string): KindOutcome {
  return { kind, steps: [], errors: [{ op: "add", kind, key, message: `${key} refused` }] };
}

test("a node that is programmed says what it has, and which peer has no route and why", () => {
  const { status, findings } = nodeReport(outcome(), undefined, "1.2.3");
  assert.deepEqual(status, {
    ...said,
    configGeneration: 5,
    agentVersion: "1.2.3",
    mtu: 1500,
    summary: { bridge: "cni0 10.244.1.1/24 fd00:10:244:1::1/64", peers: "2/3" },
    peers: { known: 3, routed: 2 },
  });
  assert.deepEqual(findings, [
    { type: "Programmed", status: "True", reason: "Programmed", message: "cni0 10.244.1.1/24 fd00:10:244:1::1/64" },
    {
      type: "PeersUnrouted",
      status: "True",
      reason: "NoRoute",
      message:
        "no route to 10.244.4.0/24 of Node node-4: Node node-4 has no IPv4 address; give its Node an InternalIP of that family",
    },
  ]);
});

test("a peer with one route of two written does not count as routed", () => {
  const { status } = nodeReport(outcome([errorOf("route", "fd00:10:244:3::/64")]), undefined, "1");
  assert.deepEqual(status.peers, { known: 3, routed: 1 });
});

test("a node with a fault keeps the last generation that was programmed in full, and names the first fault", () => {
  const faults = [
    { reason: "AddressFailed", message: "one" },
    { reason: "TableFailed", message: "two" },
  ];
  const { status, findings } = nodeReport(outcome([], { faults }), { configGeneration: 4 }, "1");
  assert.equal(status.configGeneration, 4);
  assert.deepEqual(findings[0], { type: "Programmed", status: "False", reason: "AddressFailed", message: "one; two" });
  assert.ok(!("configGeneration" in nodeReport(outcome([], { faults }), undefined, "1").status));
});

test("a report that cannot tell of leases repeats what was said of subnets last", () => {
  const before = { subnets: [{ cidr: "10.244.1.0/24", leases: 9, free: 244 }] };
  const unseen = outcome([], { facts: { ...facts, subnets: undefined } });
  assert.deepEqual(nodeReport(unseen, before, "1").status.subnets, before.subnets);
  assert.ok(!("subnets" in nodeReport(unseen, undefined, "1").status));
});

test("what was taken back is told once there is something, and stays told", () => {
  const leaks = { collectedTotal: 2, last: [{ address: "10.244.1.9", at: "2026-01-01T00:00:00Z" }] };
  assert.deepEqual(nodeReport(outcome([], { leaks }), undefined, "1").status.leaks, leaks);
  assert.deepEqual(nodeReport(outcome(), { leaks }, "1").status.leaks, leaks);
  assert.ok(!("leaks" in nodeReport(outcome(), undefined, "1").status));
});

test("the answer to a spec without subnets is done although the node has none", () => {
  const faults = [{ reason: "NoSubnet", message: "none" }];
  const { status, findings } = nodeReport(
    outcome([], { faults, isDone: true, programmed: undefined }),
    { configGeneration: 4 },
    "1",
  );
  assert.deepEqual([status.configGeneration, findings[0]?.status], [5, "False"]);
});

test("the summary tells only what is there", () => {
  const bridge = (...outcomes: readonly KindOutcome[]) => nodeReport(outcome(outcomes), undefined, "1").status.summary?.bridge;
  assert.equal(bridge(errorOf("address", "cni0 10.244.1.1")), "cni0 fd00:10:244:1::1/64");
  assert.equal(bridge(errorOf("link", "cni0")), undefined);
  assert.equal(bridge({ kind: "link", steps: [], errors: [], unseen: "links could not be seen" }), undefined);
});

test("a node that could not be looked at says so and nothing of what it has", () => {
  const faults = [{ reason: "NodeUnseen", message: "there is no program ip" }];
  const { status, findings } = nodeReport(outcome([], { faults, programmed: undefined }), undefined, "1");
  assert.deepEqual(status, { ...said, agentVersion: "1" });
  assert.deepEqual(
    findings.map(({ type, reason }) => [type, reason]),
    [["Programmed", "NodeUnseen"]],
  );
});

test("each warning is a condition that stands as long as the warning", () => {
  const warnings = {
    ...quiet,
    missingPlugins: ["portmap is missing"],
    foreignConflists: ["05-x.conf"],
    bridgeNetfilterMissing: true,
  };
  const { findings } = nodeReport(outcome([], { warnings }), undefined, "1");
  assert.deepEqual(findings.map(({ type, status, message }) => [type, status, message]).slice(1, 4), [
    ["PluginMissing", "True", "portmap is missing"],
    ["ForeignConflist", "True", "the runtime takes /etc/cni/net.d/05-x.conf before podnet's configuration; remove or rename it"],
    [
      "BridgeNetfilterMissing",
      "True",
      'Services do not work between two pods of this node, and rules against forged packets do not see what these send each other: load the kernel module with "modprobe br_netfilter"',
    ],
  ]);
});

test("what others on the machine keep from pods, or let them do, is a condition each", () => {
  const refused = {
    kind: "table",
    steps: [],
    errors: [{ op: "add" as const, kind: "table", key: "bridge podnet", message: "no" }],
  };
  const { findings } = nodeReport(outcome([refused], { closedPaths: ["a chain drops"], fewNeighbors: ["few"] }), undefined, "1");
  assert.deepEqual(
    findings.slice(0, 4).map(({ type, status }) => [type, status]),
    [
      ["Programmed", "True"],
      ["GatewayUnguarded", "True"],
      ["ForwardBlocked", "True"],
      ["NeighborsLimited", "True"],
    ],
  );
});

test("what others do that could not be seen stands as it was said last, until it is seen not to be so", () => {
  const said = { type: "ForwardBlocked", status: "True", reason: "FirewallDrops", message: "a chain drops" } as const;
  const previous = { conditions: [{ ...said, lastTransitionTime: "2026-01-01T00:00:00Z" }] };
  const found = (part: Partial<RunOutcome>) =>
    nodeReport(outcome([], part), previous, "1").findings.filter(({ type }) => type === said.type);
  assert.deepEqual(found({}), [said]);
  assert.deepEqual(found({ closedPaths: ["another"] }), [{ ...said, message: "another" }]);
  assert.deepEqual(found({ closedPaths: [] }), []);
});

test("what a status holds stays within its bounds, however much there is to say", () => {
  const subnets = Array.from({ length: 32 }, (_, n) => ({
    cidr: `fd00:10:244:${(n + 4096).toString(16)}::/64`,
    state: "Active" as const,
  }));
  const many = ownNetwork(dualSpec({ subnets }));
  const peers = claimsOf(
    Array.from({ length: 200 }, (_, n) => claimObject(2, { cidr: `10.245.${n}.0/24`, node: `node-${n}`, nextHops: [] })),
  );
  const plan = planNode("me", many, peers, nodeFacts([]));
  assert.ok("kernel" in plan);
  const faults = Array.from({ length: 100 }, (_, n) => ({ reason: "RouteFailed", message: `${n} ${"x".repeat(2000)}` }));
  const { status, findings } = nodeReport(outcome([], { programmed: { own: many, plan, outcomes: [] }, faults }), undefined, "1");
  const kept = Array.from({ length: 99 }, (_, n) => ({ cidr: `10.244.${n}.0/24`, leases: 1, free: 1 }));
  assert.equal(nodeReport(outcome([], { facts: { ...facts, subnets: kept } }), undefined, "1").status.subnets?.length, 64);
  assert.ok((status.summary?.bridge ?? "").length <= 512);
  assert.match(status.summary?.bridge ?? "", / and \d+ more$/);
  for (const { message } of findings) assert.ok(message.length <= 4096);
  assert.match(findings.at(-1)?.message ?? "", /; and 195 more$/);
});

test("whom probes reach is told; until an agent knows that itself, what the last one told stands", () => {
  const bad = [{ node: "node-2", family: "IPv4" as const, reason: "NoAnswer", since: "2026-01-01T00:00:00Z" }];
  const previous = { reachability: { probed: 2, bad } };
  const told = (reachability: RunOutcome["reachability"]) =>
    nodeReport(outcome([], { reachability }), previous, "1.2.3").status.reachability;
  assert.deepEqual(told({ probed: 2 }), { probed: 2 });
  assert.deepEqual(told(undefined), previous.reachability);
  assert.equal(told("NotProbed"), undefined, "one that does not probe says nothing of others");
});

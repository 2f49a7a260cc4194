import assert from "node:assert/strict";
import { test } from "node:test";
import type { KindOutcome } from "../../lib/linux/converge-node.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { planNode } from "./node-state.ts";
import { nodeReport, type RunOutcome, type Warnings } from "./node-status.ts";

const quiet: Warnings = { missingPlugins: [], foreignConflists: [], confFolder: "/etc/cni/net.d", bridgeNetfilterMissing: false };
const own = ownNetwork(dualSpec());
const claims = claimsOf([...dualClaims(2), ...dualClaims(3), claimObject(4, { nextHops: [] })]);

/** A run of node-1 with three peers, one of which has no address, in which these kinds had these outcomes. */
function outcome(outcomes: readonly KindOutcome[] = [], part: Partial<RunOutcome> = {}): RunOutcome {
  const plan = planNode(
    "node-1",
    own,
    claims,
    nodeFacts(["192.168.1.12", "192.168.1.13", "fd00:192:168:1::12", "fd00:192:168:1::13"]),
  );
  assert.ok("kernel" in plan);
  return { configGeneration: 5, programmed: { own, plan, outcomes }, faults: [], warnings: quiet, ...part };
}

function errorOf(kind: string, key: string): KindOutcome {
  return { kind, steps: [], errors: [{ op: "add", kind, key, message: `${key} refused` }] };
}

test("a node that is programmed says what it has, and which peer has no route and why", () => {
  const { status, findings } = nodeReport(outcome(), undefined, "1.2.3");
  assert.deepEqual(status, {
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

test("the summary tells only what is there", () => {
  const bridge = (...outcomes: readonly KindOutcome[]) => nodeReport(outcome(outcomes), undefined, "1").status.summary?.bridge;
  assert.equal(bridge(errorOf("address", "cni0 10.244.1.1")), "cni0 fd00:10:244:1::1/64");
  assert.equal(bridge(errorOf("link", "cni0")), undefined);
  assert.equal(bridge({ kind: "link", steps: [], errors: [], unseen: "links could not be seen" }), undefined);
});

test("a node that could not be looked at says so and nothing of what it has", () => {
  const faults = [{ reason: "NodeUnseen", message: "there is no program ip" }];
  const { status, findings } = nodeReport(outcome([], { faults, programmed: undefined }), undefined, "1");
  assert.deepEqual(status, { agentVersion: "1", summary: {} });
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
      'Services do not work between two pods of this node: load the kernel module with "modprobe br_netfilter"',
    ],
  ]);
});

test("what a status holds stays within its bounds, however much there is to say", () => {
  const subnets = Array.from({ length: 32 }, (_, n) => ({ cidr: `fd00:10:244:${(n + 4096).toString(16)}::/64` }));
  const many = ownNetwork(dualSpec({ subnets }));
  const peers = claimsOf(
    Array.from({ length: 200 }, (_, n) => claimObject(2, { cidr: `10.245.${n}.0/24`, node: `node-${n}`, nextHops: [] })),
  );
  const plan = planNode("me", many, peers, nodeFacts([]));
  assert.ok("kernel" in plan);
  const faults = Array.from({ length: 100 }, (_, n) => ({ reason: "RouteFailed", message: `${n} ${"x".repeat(2000)}` }));
  const { status, findings } = nodeReport(outcome([], { programmed: { own: many, plan, outcomes: [] }, faults }), undefined, "1");
  assert.ok((status.summary?.bridge ?? "").length <= 512);
  assert.match(status.summary?.bridge ?? "", / and \d+ more$/);
  for (const { message } of findings) assert.ok(message.length <= 4096);
  assert.match(findings.at(-1)?.message ?? "", /; and 195 more$/);
});

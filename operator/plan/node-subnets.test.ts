import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, NodeSubnetSpec, PodNetworkSpec } from "../../crds/types.ts";
import { explain } from "../../lib/reconcile/explain.ts";
import { nodeNetworkOf } from "../../test/support/network-sample.ts";
import { bornAtMs, claim, ledger, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { claimRemoval } from "../release.ts";
import { allocate } from "./allocate.ts";
import { restStep, nodeSubnetKind, nodeSubnetSteps, promotions } from "./node-subnets.ts";
import type { NodeFacts, Snapshot } from "./snapshot.ts";
import { withWritten } from "./written.ts";

const dualNode = node("node-1", { addresses: ["192.168.1.11", "fd00::11"], external: ["203.0.113.1"] });
const single = networkOf("default", ["10.244.0.0/16"]);

function steps(part: Partial<Snapshot>) {
  const snapshot = withLedger({ networks: [single], ...part });
  return nodeSubnetSteps(snapshot, allocate(snapshot));
}

test("a new claim is Pending, under the epoch and incarnation of its entry, with its owner, its next hops and all addresses of its node", () => {
  const networks = [networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"])];
  assert.deepEqual(steps({ networks, nodes: [dualNode] })[1]?.want, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: {
      name: "fd00-0010-0244-0000-0000-0000-0000-0000-64",
      labels: { "podnet.dev/network": "default", "podnet.dev/node": "node-1" },
    },
    spec: {
      network: "default",
      networkUID: "uid-default",
      node: "node-1",
      nodeUID: "uid-node-1",
      cidr: "fd00:10:244::/64",
      state: "Pending",
      incarnation: "first",
      epoch: 2,
      nextHops: ["fd00::11", "192.168.1.11"],
      nodeAddresses: ["192.168.1.11", "203.0.113.1", "fd00::11"],
    },
  });
});

test("a claim names no more addresses of its node than the API server takes, and those that others send to among them", () => {
  const addresses = ["192.168.9.9", ...Array.from({ length: 40 }, (_, n) => `192.168.1.${10 + n}`), "fd00::9"];
  const nodes = [node("node-1", { addresses, external: ["203.0.113.1"] })];
  const created = steps({ nodes })[0]?.want;
  assert.deepEqual(created?.spec.nextHops, ["192.168.9.9", "fd00::9"]);
  const named = created.spec.nodeAddresses ?? [];
  assert.deepEqual([named.length, named.slice(-2)], [32, ["192.168.9.9", "fd00::9"]]);
  // Neither is a claim changed into what the server refuses, be its network readable or not.
  const standing = claim("10.244.0.0/24", nodes[0] ?? assert.fail(), single, {
    ...created.spec,
    state: "Active",
    nodeAddresses: [],
  });
  const unreadable = { ...single, ranges: [], issues: [{ path: "spec", code: "WrongType" as const, message: "no" }] };
  for (const one of [single, unreadable]) {
    const change = steps({ networks: [one], nodes, claims: [standing] }).find(({ op }) => op === "change");
    assert.deepEqual(change?.want?.spec.nodeAddresses, named);
  }
});

test("a name too long for a label is left out of the labels", () => {
  const [step] = steps({ nodes: [node("n".repeat(64), { addresses: [] })] });
  assert.deepEqual(Object.keys(step?.want?.metadata.labels ?? {}), ["podnet.dev/network"]);
});

test("a network says which of its nodes' addresses others send to; while it cannot be read, that stays as it is", () => {
  const routing: PodNetworkSpec["routing"] = {
    mode: "VXLAN",
    tunnelTo: "AllPeers",
    vxlan: { port: 4789 },
    nodeAddress: { cidrs: ["10.0.0.0/8"] },
  };
  const networks = [networkOf("default", ["10.244.0.0/16"], { spec: { routing } })];
  const nodes = [node("node-1", { addresses: ["192.168.1.11", "10.0.0.11"] })];
  const [created] = steps({ networks, nodes });
  assert.deepEqual(created?.want?.spec.nextHops, ["10.0.0.11"]);
  assert.deepEqual(created.want.spec.nodeAddresses, ["10.0.0.11", "192.168.1.11"]);
  assert.deepEqual(created.want.spec.routing, { mode: "VXLAN", tunnelTo: "AllPeers", port: 4789 });
  const spec = { ...created.want.spec, state: "Active" as const };
  const standing = [{ ...claim("10.244.0.0/24", nodes[0] ?? assert.fail()), object: { ...created.want, spec } }];
  const unreadable = networks.map((one) => ({
    ...one,
    nodeCidrs: [],
    ranges: [],
    issues: [{ path: "spec", code: "WrongType" as const, message: "no" }],
  }));
  assert.deepEqual(steps({ networks: unreadable, nodes, claims: standing }), []);
});

test("missing claims are added, and those whose node has other addresses now are changed, owner and all", () => {
  const old = claim("10.244.7.0/24", dualNode);
  const found = steps({ nodes: [dualNode, node("node-2")], claims: [old] });
  assert.equal(
    explain(found),
    [
      "+ NodeSubnet 10.244.0.0-24: the node has no IPv4 subnet",
      "~ NodeSubnet 10.244.7.0-24: nextHops: none, wanted 192.168.1.11, fd00::11",
      "",
    ].join("\n"),
  );
  const change = found.find((step) => step.op === "change");
  assert.equal(change?.want?.metadata.resourceVersion, old.object.metadata.resourceVersion);
  assert.equal(change?.want?.spec.nodeUID, old.object.spec.nodeUID);
});

const addressed = { nextHops: ["192.168.1.11"], nodeAddresses: ["192.168.1.11"] };

test("a claim that is as wanted needs no step, and neither does one whose node is gone", () => {
  const worker = node("node-1");
  const claims = [claim("10.244.1.0/24", worker, single, addressed), claim("10.244.2.0/24", node("gone"))];
  assert.deepEqual(steps({ nodes: [worker], claims }), []);
});

test("the same prefix claimed for somebody else differs, whatever its addresses", () => {
  const [mine, other, earlier] = ["node-1", "node-2", "node-1"].map((name, index) =>
    claim("10.244.1.0/24", node(name, { addresses: [], meta: { uid: `uid-${index}` } })),
  );
  for (const have of [other, earlier])
    assert.match(nodeSubnetKind.differs(mine?.object ?? assert.fail(), have?.object ?? assert.fail()) ?? "", /^owner: /);
});

/** What becomes of one Pending claim of node-1, e.g. `["change: its range is still open"]`. */
function fate(part: Partial<NodeSubnetSpec>, now: Partial<Snapshot> = {}, cidr = "10.244.1.0/24"): string[] {
  const worker = node("node-1");
  const pending = claim(cidr, worker, single, { state: "Pending", ...part });
  const snapshot = { ...withLedger({ networks: [single], nodes: [worker] }), claims: [pending], ...now };
  return promotions(snapshot, allocate(snapshot)).map(({ op, because, want }) => {
    assert.ok(op === "remove" || want?.spec.state === "Active");
    return `${op}: ${because}`;
  });
}

test("a Pending claim becomes Active only while the very entry it was planned from is open: same incarnation, epoch, network and range", () => {
  const gone = ["remove: the range it was planned from is no longer open"];
  assert.deepEqual(fate({}), ["change: its range is still open"]);
  assert.deepEqual(fate({ incarnation: "earlier" }), gone);
  assert.deepEqual(fate({ epoch: 2 }), gone);
  assert.deepEqual(fate({ networkUID: "uid-other" }), gone);
  assert.deepEqual(fate({}, {}, "10.245.1.0/24"), gone);
  assert.deepEqual(fate({}, {}, "10.244.1.0/25"), gone);
  assert.deepEqual(fate({}, { ledger: undefined }), gone);
  const entry = { cidr: "10.244.0.0/16", nodePrefixLength: 24, network: "default", networkUID: "uid-default", epoch: 1 };
  assert.deepEqual(fate({}, { ledger: ledger({ epoch: 1, entries: [{ ...entry, state: "Closing" }] }) }), gone);
  assert.deepEqual(fate({}, { ledger: ledger({ epoch: 2, entries: [{ ...entry, state: "Open", epoch: 2 }] }) }), gone);
});

test("a Pending claim goes where its node has no use for it: the Node is gone, or is being deleted, or has another one", () => {
  const unused = ["remove: its node has no use for it"];
  assert.deepEqual(fate({}, { nodes: [] }), unused);
  assert.deepEqual(fate({}, { nodes: [node("node-1", { meta: { uid: "another" } })] }), unused);
  assert.deepEqual(fate({}, { nodes: [node("node-1", { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } })] }), unused);
  const worker = node("node-1");
  const both = ["10.244.1.0/24", "10.244.0.0/24"].map((cidr) => claim(cidr, worker, single, { state: "Pending" }));
  const snapshot = { ...withLedger({ networks: [single], nodes: [worker] }), claims: both };
  assert.deepEqual(
    promotions(snapshot, allocate(snapshot)).map(({ op, key }) => `${op} ${key}`),
    ["remove 10.244.1.0-24", "change 10.244.0.0-24"],
  );
});

test("a Pending claim goes where another node has its prefix, though that one's claim is gone; its own node may have it", () => {
  const taken = ["remove: another node has it, though its claim is gone"];
  const [own, other] = [node("node-1"), node("node-2")];
  const evidence = (owner: NodeFacts, part: Partial<NodeNetwork>) => {
    const { metadata: _, ...rest } = nodeNetworkOf(owner.name);
    return record({ ...rest, metadata: { name: owner.name }, ...part });
  };
  const { spec } = nodeNetworkOf("node-2");
  const subnets = [{ cidr: "10.244.1.0/24", leases: 0, free: 253 }];
  const lost = [{ cidr: "10.244.1.0/24", node: "node-2", nodeUID: "uid-node-2" }];
  const named = { spec: { ...spec, subnets: [{ cidr: "10.244.1.0/24", state: "Active" as const }] } };
  assert.deepEqual(fate({}, { records: [evidence(other, named)] }), taken);
  assert.deepEqual(fate({}, { records: [evidence(other, { status: { subnets } })] }), taken);
  assert.deepEqual(fate({}, { records: [evidence(own, { status: { lost } })] }), taken);
  assert.deepEqual(fate({}, { records: [evidence(own, { status: { subnets } })] }), ["change: its range is still open"]);
});

test("Active, Draining and Held claims are never promoted or removed, whatever the ledger says", () => {
  for (const state of ["Active", "Draining", "Held"] as const)
    assert.deepEqual(fate({ state }, { ledger: undefined }), [], state);
});

test("without a ledger nothing is claimed", () => {
  const snapshot = { ...withLedger({ networks: [single], nodes: [dualNode] }), ledger: undefined };
  const plan = allocate(snapshot);
  assert.deepEqual([nodeSubnetSteps(snapshot, plan), plan.creates], [[], []]);
});

test("a claim is laid to rest with the time, and everything else as it was", () => {
  const { object } = claim("10.244.1.0/24", dualNode, single, addressed);
  const step = restStep(object, "its Node is gone", bornAtMs);
  assert.deepEqual(step.want, { ...object, spec: { ...object.spec, state: "Held", heldAt: "2026-01-01T00:00:00Z" } });
  assert.equal(step.have, object);
});

test("what was written counts as there, what failed does not, what was removed is gone, and what could not be removed still stands", () => {
  const snapshot = withLedger({
    networks: [single],
    nodes: [node("node-2"), node("node-3")],
    claims: [claim("10.244.7.0/24", dualNode), claim("10.244.8.0/24", dualNode)],
  });
  const adds = nodeSubnetSteps(snapshot, allocate(snapshot));
  const removals = snapshot.claims.map(({ object }) => claimRemoval(object, "for a test"));
  const done = claim("10.244.0.0/24", node("node-2")).object;
  const stored = {
    ...done,
    metadata: { ...done.metadata, uid: "uid", resourceVersion: "2", creationTimestamp: "2026-01-01T00:00:00Z" },
  };
  const after = withWritten(snapshot, [...adds, ...removals], {
    failures: [
      { op: "add", key: "10.244.1.0-24" },
      { op: "remove", key: "10.244.8.0-24" },
    ],
    objects: new Map([["10.244.0.0-24", stored]]),
  });
  assert.deepEqual(
    after.claims.map(({ object }) => `${object.spec.node} ${object.spec.cidr}`),
    ["node-1 10.244.8.0/24", "node-2 10.244.0.0/24"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { NodeNetwork } from "../../crds/types.ts";
import { bornAtMs, claim, ledger, network, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { type Settled, settle } from "./settle.ts";

const input = { nowMs: bornAtMs, newIncarnation: "next", recoverySeconds: 300 };
const empty: Snapshot = { ledger: undefined, networks: [], nodes: [], claims: [], records: [] };
const nodesUpTo = (count: number): NodeFacts[] => Array.from({ length: count }, (_, index) => node(`node-${index + 1}`));

function owners({ snapshot }: Settled): string[] {
  return snapshot.claims.map(({ object: { spec } }) => `${spec.node} ${spec.cidr} ${spec.state} of ${spec.epoch}`).toSorted();
}

function told({ snapshot }: Settled): string[] {
  const texts = snapshot.records.map(({ node, object: { spec } }) => {
    const subnets = spec.subnets.map(({ cidr, state }) => `${cidr} ${state}`).join(", ");
    return `${node} ${spec.configGeneration}: ${subnets}`;
  });
  return texts.toSorted();
}

/** Every node's agent has done what it was told, and every node is Ready. */
function afterReports({ snapshot }: Settled): Snapshot {
  const reported = (object: NodeNetwork): NodeNetwork => ({
    ...object,
    status: {
      configGeneration: object.spec.configGeneration,
      nodeUID: object.spec.nodeUID,
      acknowledged: { incarnation: object.spec.incarnation, sequence: 0 },
      subnets: object.spec.subnets.map(({ cidr }) => ({ cidr, leases: 1, free: 200 })),
      conditions: [{ type: "Programmed", status: "True", reason: "", message: "", lastTransitionTime: "" }],
    },
  });
  const records: NodeRecord[] = snapshot.records.map(({ object }) => record(reported(object)));
  return { ...snapshot, records, nodes: snapshot.nodes.map((one) => ({ ...one, readiness: "True" })) };
}

test("from nothing, the ledger, Active claims and a first NodeNetwork for each node come about", () => {
  const settled = settle(
    { ...empty, networks: [networkOf("default", ["10.244.0.0/16", "fd00::/48"])], nodes: nodesUpTo(2) },
    input,
  );
  assert.equal(settled.snapshot.ledger?.incarnation, "next");
  assert.deepEqual(
    settled.snapshot.ledger.entries.map(({ cidr, epoch, open }) => [cidr, epoch, open]),
    [
      ["10.244.0.0/16", 1, true],
      ["fd00::/48", 2, true],
    ],
  );
  assert.deepEqual(owners(settled), [
    "node-1 10.244.0.0/24 Active of 1",
    "node-1 fd00::/64 Active of 2",
    "node-2 10.244.1.0/24 Active of 1",
    "node-2 fd00:0:0:1::/64 Active of 2",
  ]);
  assert.deepEqual(told(settled), [
    "node-1 1: 10.244.0.0/24 Active, fd00::/64 Active",
    "node-2 1: 10.244.1.0/24 Active, fd00:0:0:1::/64 Active",
  ]);
  const ops = settled.steps.map(({ op, kind }) => `${op} ${kind}`);
  assert.deepEqual([...new Set(ops)], ["add RangeLedger", "add NodeSubnet", "change NodeSubnet", "add NodeNetwork"]);
});

test("a range that goes and one that needs its place pass through the ledger in one go, under a new epoch", () => {
  const before = withLedger({ networks: [networkOf("old", ["10.244.0.0/16"])] });
  const settled = settle({ ...before, networks: [networkOf("new", ["10.0.0.0/8"])], nodes: nodesUpTo(1) }, input);
  assert.deepEqual(
    settled.snapshot.ledger?.entries.map(({ cidr, network, epoch }) => [cidr, network, epoch]),
    [["10.0.0.0/8", "new", 2]],
  );
  assert.deepEqual(owners(settled), ["node-1 10.0.0.0/24 Active of 2"]);
});

test("a drain begins at as many nodes as the budget allows, and waits there for their agents", () => {
  const spec = (state: "Active" | "Draining") => ({
    ranges: [
      { cidr: "10.244.0.0/16", nodePrefixLength: 24, state },
      { cidr: "10.245.0.0/16", nodePrefixLength: 24 },
    ],
    rollout: { maxUnavailableNodes: 2, paused: false },
  });
  const before = afterReports(settle({ ...empty, networks: [network({ spec: spec("Active") })], nodes: nodesUpTo(3) }, input));
  const settled = settle({ ...before, networks: [network({ spec: spec("Draining") })] }, input);
  assert.deepEqual(told(settled), [
    "node-1 2: 10.245.0.0/24 Active, 10.244.0.0/24 Draining",
    "node-2 2: 10.245.1.0/24 Active, 10.244.1.0/24 Draining",
    "node-3 1: 10.244.2.0/24 Active",
  ]);
  assert.ok(owners(settled).includes("node-1 10.244.0.0/24 Draining of 1"));
});

test("with the ledger lost while subnets are in use, nothing new is given before the agents have spoken", () => {
  const [one, two] = [node("node-1"), node("node-2")];
  const networks = [networkOf("default", ["10.244.0.0/16"])];
  const settled = settle({ ...empty, networks, nodes: [one, two], claims: [claim("10.244.7.0/24", one)] }, input);
  assert.equal(settled.snapshot.ledger?.object.spec.recovery?.reason, "LedgerLost");
  assert.deepEqual(
    settled.snapshot.claims.map(({ object }) => object.spec.cidr),
    ["10.244.7.0/24"],
  );
});

test("a Pending claim that outlived its range is gone at rest", () => {
  const left = claim("10.99.0.0/24", node("node-1"), undefined, { state: "Pending" });
  const settled = settle({ ...empty, ledger: ledger({ epoch: 1 }), claims: [left] }, input);
  assert.deepEqual(settled.snapshot.claims, []);
});

const ranges = ["10.0.0.0/8", "10.244.0.0/16", "10.244.0.0/22", "10.245.0.0/23", "fd00::/48"];

test("whatever there is, it comes to rest, at the same place in whatever order the lists come, and nothing is left to do there", () => {
  const networks = fc.uniqueArray(fc.subarray(ranges, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(networks, fc.integer({ min: 0, max: 7 }), fc.boolean(), (lists, count, again) => {
      const named = lists.map((cidrs, index) => networkOf(`net-${index}`, cidrs, { spec: { priority: index } }));
      const start = { ...empty, networks: named, nodes: nodesUpTo(count) };
      const first = settle(start, input);
      const other = settle({ ...start, networks: named.toReversed(), nodes: start.nodes.toReversed() }, input);
      assert.deepEqual([owners(other), told(other)], [owners(first), told(first)]);
      const from = again ? afterReports(first) : first.snapshot;
      assert.deepEqual(settle(from, input).steps, []);
    }),
    { numRuns: 200 },
  );
});

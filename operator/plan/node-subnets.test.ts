import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../lib/reconcile/explain.ts";
import { claim, network, networkOf, node } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { nodeSubnetFor, nodeSubnetKind, nodeSubnetSteps, withAdded } from "./node-subnets.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import type { Claim, NodeFacts } from "./snapshot.ts";

const dualNode = node("node-1", { addresses: ["192.168.1.11", "fd00::11"], external: ["203.0.113.1"] });

function steps(nodes: readonly NodeFacts[], claims: readonly Claim[]) {
  return nodeSubnetSteps(allocate({ networks: [networkOf("default", ["10.244.0.0/16"])], nodes, claims, records: [] }));
}

test("a claim carries its owner, its next hops with the own family first, and all addresses of its node", () => {
  assert.deepEqual(nodeSubnetFor(network(), dualNode, toPrefix("fd00:10:244:1::/64")), {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: {
      name: "fd00-0010-0244-0001-0000-0000-0000-0000-64",
      labels: { "podnet.dev/network": "default", "podnet.dev/node": "node-1" },
    },
    spec: {
      network: "default",
      networkUID: "uid-default",
      node: "node-1",
      nodeUID: "uid-node-1",
      cidr: "fd00:10:244:1::/64",
      nextHops: ["fd00::11", "192.168.1.11"],
      nodeAddresses: ["192.168.1.11", "203.0.113.1", "fd00::11"],
    },
  });
});

test("a name too long for a label is left out of the labels", () => {
  const long = "n".repeat(64);
  assert.deepEqual(Object.keys(nodeSubnetFor(network(), node(long), toPrefix("10.244.1.0/24")).metadata.labels ?? {}), [
    "podnet.dev/network",
  ]);
});

test("missing claims are added, and those whose node has other addresses now are changed, owner and all", () => {
  const old = claim("10.244.7.0/24", dualNode);
  const found = steps([dualNode, node("node-2")], [old]);
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

test("a claim that is as wanted needs no step, and neither does one whose node is gone", () => {
  const worker = node("node-1");
  const settled = claim("10.244.1.0/24", worker);
  settled.object.spec.nextHops = ["192.168.1.11"];
  settled.object.spec.nodeAddresses = ["192.168.1.11"];
  assert.deepEqual(steps([worker], [settled, claim("10.244.2.0/24", node("gone"))]), []);
});

test("the same prefix claimed for somebody else differs, whatever its addresses", () => {
  const [mine, other, earlier] = ["node-1", "node-2", "node-1"].map((name, index) =>
    claim("10.244.1.0/24", node(name, { addresses: [], meta: { uid: `uid-${index}` } })),
  );
  for (const have of [other, earlier])
    assert.match(nodeSubnetKind.differs(mine?.object ?? assert.fail(), have?.object ?? assert.fail()) ?? "", /^owner: /);
});

test("claims just added count as there, those that failed do not, and changes add nothing", () => {
  const snapshot = { networks: [], nodes: [], claims: [claim("10.244.7.0/24", dualNode)], records: [] };
  const found = steps([dualNode, node("node-2"), node("node-3")], snapshot.claims);
  const after = withAdded(snapshot, found, new Set(["10.244.1.0-24"]));
  assert.deepEqual(
    after.claims.map(({ object }) => `${object.spec.node} ${object.spec.cidr}`),
    ["node-1 10.244.7.0/24", "node-2 10.244.0.0/24"],
  );
});

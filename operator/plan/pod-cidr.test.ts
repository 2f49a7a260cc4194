import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, type NodePart, network as networkWith, networkOf, withLedger } from "../../test/support/plan-snapshot.ts";
import { claimOf, nodeOf, statusOf, told } from "../../test/support/status-world.ts";
import type { Claim, Network, NodeFacts } from "./snapshot.ts";

const network = networkOf("default", ["10.244.0.0/16"]);

function having(number: number, ...podCIDRs: string[]): NodeFacts {
  const part: NodePart = { podCIDRs };
  return nodeOf(number, "Never", part);
}

/** What PodCIDRNotAdopted says of these nodes, each of which has 10.244.N.0/24, but for those with claims of their own. */
function judge(of: Network, nodes: readonly NodeFacts[], claims: readonly Claim[] = nodes.map((owner) => claimOf(owner, of))) {
  return told(statusOf(withLedger({ networks: [of], nodes, claims })), "PodCIDRNotAdopted");
}

/** e.g. `"node-1 (10.9.1.0/24: it lies …)"`. */
function placesIn(message: string): string {
  return /: nodes have other subnets than their podCIDR: (.*); nothing is wrong unless/.exec(message)?.[1] ?? message;
}

test("a podCIDR that is the node's subnet is nothing to speak of, nor is a node without one", () => {
  assert.equal(judge(network, [having(1, "10.244.1.0/24"), nodeOf(2)]), "");
});

test("each podCIDR that did not become the node's subnet is named with its node and the reason", () => {
  const of = networkWith({
    spec: {
      ranges: [
        { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
        { cidr: "10.250.0.0/16", nodePrefixLength: 24, state: "Draining" },
      ],
      reserved: [{ cidr: "10.244.100.0/24" }],
      staticSubnets: [{ node: "node-99", cidr: "10.244.99.0/24" }],
    },
  });
  const nodes = [
    having(1, "10.9.1.0/24"),
    having(2, "10.244.2.0/25"),
    having(3, "10.244.4.0/24"),
    having(4, "10.244.4.0/24"),
    having(5, "10.244.100.0/24"),
    having(6, "10.244.99.0/24"),
    having(7, "10.250.7.0/24"),
    having(8, "10.244.200.0/24"),
  ];
  assert.equal(
    placesIn(judge(of, nodes)),
    [
      "node-1 (10.9.1.0/24: it lies in no range of the network)",
      "node-2 (10.244.2.0/25: 10.244.0.0/16 is cut into subnets of length /24)",
      "node-3 (10.244.4.0/24: NodeSubnet/10.244.4.0-24 of Node node-4 has it)",
      "node-5 (10.244.100.0/24: it is reserved in spec.reserved)",
      "node-6 (10.244.99.0/24: spec.staticSubnets sets it aside for Node node-99)",
      "node-7 (10.250.7.0/24: 10.250.0.0/16 is being drained)",
      "node-8 (10.244.200.0/24: the node had another subnet before)",
    ].join(", "),
  );
});

test("a node of two nodes with the same podCIDR is told that the other one has it", () => {
  const nodes = [having(1, "10.244.1.0/24"), having(2, "10.244.1.0/24")];
  assert.equal(placesIn(judge(network, nodes)), "node-2 (10.244.1.0/24: NodeSubnet/10.244.1.0-24 of Node node-1 has it)");
});

test("nothing is said before the node has a subnet of that family", () => {
  assert.equal(judge(network, [having(1, "10.9.1.0/24")], []), "");
  const dual = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"]);
  assert.equal(judge(dual, [having(1, "10.244.1.0/24", "fd00:9::/64")]), "");
  const both = having(1, "10.244.1.0/24", "fd00:9::/64");
  const claims = [claimOf(both, dual), claim("fd00:10:244:1::/64", both, dual, { epoch: 2 })];
  assert.equal(placesIn(judge(dual, [both], claims)), "node-1 (fd00:9::/64: it lies in no range of the network)");
});

test("a family that the network does not have is no matter of its own", () => {
  assert.equal(judge(network, [having(1, "10.244.1.0/24", "fd00:9::/64")]), "");
});

test("where adoption is off, nothing is said", () => {
  const of = networkOf("default", ["10.244.0.0/16"], { spec: { adoption: { nodePodCIDR: "Never" } } });
  assert.equal(judge(of, [having(1, "10.9.1.0/24")]), "");
});

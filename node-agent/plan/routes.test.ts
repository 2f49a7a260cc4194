import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import type { NodeFacts } from "./node-facts.ts";
import { nextHopsOf, pathsOf, type PeerClaim, peerClaims } from "./routes.ts";

const routesOf = (peers: readonly PeerClaim[]) => pathsOf(peers).map(({ route }) => route);
const peers12 = ["192.168.1.12", "fd00:192:168:1::12"];

test("each claim of another node is a route over the next hop of its own family", () => {
  const claims = claimsOf([...dualClaims(1), ...dualClaims(2)]);
  assert.deepEqual(routesOf(peerClaims("node-1", ownNetwork(dualSpec()), claims, nodeFacts(peers12))), [
    { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" },
    { prefix: "fd00:10:244:2::/64", via: "fd00:192:168:1::12", device: "eth0" },
  ]);
});

test("IPv4 goes over an IPv6 next hop where the peer has only that, or only that is on the link", () => {
  const [, via = ""] = peers12;
  const route = (nextHops: string[], reached: string[]) =>
    routesOf(peerClaims("node-1", ownNetwork(), claimsOf([claimObject(2, { nextHops })]), nodeFacts(reached)));
  assert.deepEqual(route([via], [via]), [{ prefix: "10.244.2.0/24", via, device: "eth0" }]);
  assert.deepEqual(route(peers12, [via]), [{ prefix: "10.244.2.0/24", via, device: "eth0" }]);
  assert.deepEqual(route(peers12, peers12), [{ prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" }]);
});

test("no claim of this node's own name is a route, also one it does not use", () => {
  const claims = claimsOf([claimObject(1), claimObject(1, { cidr: "10.244.77.0/24", nodeUID: "uid-of-an-earlier-node" })]);
  assert.deepEqual(peerClaims("node-1", ownNetwork(), claims, nodeFacts([])), []);
});

/** What → the claim of node-2, the machine, and the reason. */
const unrouted: Readonly<
  Record<string, readonly [claim: Partial<NodeSubnetSpec>, facts: Partial<NodeFacts>, code: string, says: RegExp]>
> = {
  "a node without an address": [{ nextHops: [] }, {}, "NoNextHop", /Node node-2 has no IPv4 address/],
  "an IPv6 subnet of a node without an IPv6 address": [
    { cidr: "fd00:10:244:2::/64", nextHops: ["192.168.1.12"] },
    {},
    "NoNextHop",
    /no IPv6 address/,
  ],
  "a node behind a router": [
    {},
    { nextHops: new Map([["192.168.1.12", { reach: "ViaGateway", gateway: "192.168.1.1", device: "eth0", mtu: 1500 }]]) },
    "NotOnLink",
    /behind the router 192\.168\.1\.1/,
  ],
  "a node with this node's address": [
    {},
    { nextHops: new Map([["192.168.1.12", { reach: "Local" }]]) },
    "NotOnLink",
    /this node's own address/,
  ],
  "a node that nothing leads to": [
    {},
    { nextHops: new Map([["192.168.1.12", { reach: "None", problem: "Network is unreachable" }]]) },
    "NotOnLink",
    /Network is unreachable/,
  ],
  "a node reached through the pods' bridge": [
    {},
    { nextHops: new Map([["192.168.1.12", { reach: "OnLink", device: "cni0", mtu: 1500 }]]) },
    "NotOnLink",
    /pods' bridge cni0/,
  ],
  "a prefix with a node's address in it": [
    { cidr: "192.168.1.0/24" },
    {},
    "HidesNode",
    /192\.168\.1\.11 in it is a node's address/,
  ],
  "a prefix that overlaps this node's subnet": [
    { cidr: "10.244.0.0/20" },
    {},
    "OverlapsOwnSubnet",
    /own subnet 10\.244\.1\.0\/24/,
  ],
};

for (const [what, [part, facts, code, says]] of Object.entries(unrouted)) {
  test(`there is no route but a reason for ${what}`, () => {
    const claims = claimsOf([claimObject(2, part), claimObject(3)]);
    const onLink = nodeFacts(["192.168.1.12", "192.168.1.13"]);
    const nextHops = new Map([...onLink.nextHops, ...(facts.nextHops ?? [])]);
    const peers = peerClaims("node-1", ownNetwork(), claims, { ...onLink, nextHops });
    const reason = peers[0]?.path;
    assert.ok(reason !== undefined && "code" in reason);
    assert.equal(reason.code, code);
    assert.match(reason.message, says);
    assert.deepEqual(
      routesOf(peers),
      [{ prefix: "10.244.3.0/24", via: "192.168.1.13", device: "eth0" }],
      "node-3 keeps its route",
    );
  });
}

test("the addresses to look up are those of the other nodes, each once", () => {
  assert.deepEqual(nextHopsOf("node-1", claimsOf([...dualClaims(1), ...dualClaims(2)])), peers12);
});

test("a claim of a family which this node does not use is a route all the same", () => {
  const claims = claimsOf([claimObject(2, { cidr: "fd00:10:244:2::/64" })]);
  assert.equal(routesOf(peerClaims("node-1", ownNetwork(ownSpec()), claims, nodeFacts(peers12))).length, 1);
});

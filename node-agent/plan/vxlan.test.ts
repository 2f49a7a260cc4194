import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import type { NextHop } from "../../lib/linux/next-hop.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import { tunnelSample } from "../../test/support/tunnel-sample.ts";
import { planNode } from "./node-state.ts";
import { tunnelMac } from "./vxlan.ts";

const routing: NonNullable<NodeSubnetSpec["routing"]> = { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 4789 };
const far: NextHop = { reach: "ViaGateway", gateway: "192.168.1.254", device: "eth0", mtu: 1500 };
const farFacts = (part: Partial<NextHop> = {}) =>
  nodeFacts(["192.168.1.12"], {
    nextHops: new Map<string, NextHop>([
      ["192.168.1.12", { reach: "OnLink", device: "eth0", mtu: 1500 }],
      ["192.168.2.13", { ...far, ...part } as NextHop],
    ]),
  });
const farAddresses = { nextHops: ["192.168.2.13"], nodeAddresses: ["192.168.2.13"] };
const claims = (part: Partial<NodeSubnetSpec> = {}) =>
  claimsOf([
    claimObject(1, { routing }),
    claimObject(2, { routing, nextHops: ["192.168.1.12"], nodeAddresses: ["192.168.1.12"] }),
    claimObject(3, { routing, ...farAddresses, ...part }),
  ]);

function planned(
  ...[own, list, facts]: [
    spec?: ReturnType<typeof ownSpec>,
    list?: ReturnType<typeof claims>,
    facts?: ReturnType<typeof farFacts>,
  ]
) {
  const plan = planNode("node-1", ownNetwork(own ?? ownSpec({ routing })), list ?? claims(), facts ?? farFacts());
  return "kernel" in plan ? plan : assert.fail(plan.message);
}

test("a node behind a router is at the other end of a tunnel: neighbor, forwarding entry and route; one on the link is not", () => {
  const { kernel, mtu } = planned();
  const mac = tunnelMac("node-3");
  assert.deepEqual(kernel.links[1], tunnelSample({ mac: tunnelMac("node-1") }));
  assert.deepEqual(kernel.addresses, [
    { device: "cni0", address: "10.244.1.1/24" },
    { device: "podnet-vxlan4", address: "10.244.1.1/32" },
  ]);
  assert.deepEqual(kernel.routes, [
    { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" },
    { prefix: "10.244.3.0/24", via: "10.244.3.1", device: "podnet-vxlan4", onlink: true, source: "10.244.1.1" },
  ]);
  assert.deepEqual(kernel.neighbors, [{ device: "podnet-vxlan4", address: "10.244.3.1", mac }]);
  assert.deepEqual(kernel.fdb, [{ device: "podnet-vxlan4", mac, to: "192.168.2.13" }]);
  assert.equal(mtu, 1450);
});

test("a tunnel is what either of two nodes asks for, and AllPeers is what one of them asks for", () => {
  const devices = (own: typeof routing | undefined, peer: typeof routing | undefined) => {
    const withRouting = (one: typeof routing | undefined) => (one === undefined ? {} : { routing: one });
    const near = claimObject(2, { nextHops: ["192.168.1.12"], nodeAddresses: ["192.168.1.12"], ...withRouting(peer) });
    const { kernel } = planned(
      ownSpec(withRouting(own)),
      claimsOf([near, claimObject(3, { ...farAddresses, ...withRouting(peer) })]),
    );
    return kernel.routes.map(({ device }) => device);
  };
  const all = { ...routing, tunnelTo: "AllPeers" as const };
  assert.deepEqual(devices(undefined, undefined), ["eth0"]);
  assert.deepEqual(devices(routing, undefined), ["eth0", "podnet-vxlan4"]);
  assert.deepEqual(devices(undefined, routing), ["eth0", "podnet-vxlan4"]);
  assert.deepEqual(devices(undefined, all), ["podnet-vxlan4", "podnet-vxlan4"]);
  assert.deepEqual(devices(all, routing), ["podnet-vxlan4", "podnet-vxlan4"]);
});

test("a node takes to tunnels when its own claims say so, as others do, and not before", () => {
  const devices = (mine: Partial<NodeSubnetSpec>, own = ownSpec({ routing })) => {
    const list = claimsOf([claimObject(1, mine), claimObject(2, { nextHops: ["192.168.1.12"] })]);
    return planned(own, list).kernel.routes.map(({ device }) => device);
  };
  const all = { ...routing, tunnelTo: "AllPeers" as const };
  assert.deepEqual(devices({}, ownSpec({ routing: all })), ["eth0"]);
  assert.deepEqual(devices({ routing: all }, ownSpec()), ["podnet-vxlan4"]);
  assert.deepEqual(devices({ routing: all, nodeUID: "uid-of-an-earlier-node" }), ["eth0"]);
});

test("a node is sent to at the port that it listens on; one that does not say is where the lowest of all ports is", () => {
  const at = (port: number) => ({ ...routing, port });
  const { kernel } = planned(
    ownSpec({ routing: at(5000) }),
    claimsOf([
      claimObject(1, { routing: at(5000) }),
      claimObject(2, { ...farAddresses, routing: at(4000) }),
      claimObject(3, farAddresses),
    ]),
  );
  assert.deepEqual(
    kernel.fdb.map(({ port }) => port),
    [4000, 4000],
  );
  const silent = planned(
    ownSpec(),
    claimsOf([claimObject(2, { ...farAddresses, routing: at(5000) }), claimObject(3, { ...farAddresses, routing: at(4000) })]),
  );
  const [, link] = silent.kernel.links;
  assert.equal(link?.type === "vxlan" && link.tunnel.port, 4000);
  assert.deepEqual(
    silent.kernel.fdb.map(({ port }) => port),
    [5000, undefined],
  );
});

test("tunnels run between addresses of one family, whatever family the pods are of, and pods have room for it", () => {
  const six = { nextHops: ["fd00:192:168:2::13"], nodeAddresses: ["fd00:192:168:2::13"] };
  const facts = nodeFacts([], {
    uplinks: [{ address: "fd00:192:168:1::11", device: "eth0", mtu: 1500 }],
    nextHops: new Map([["fd00:192:168:2::13", far]]),
  });
  const own = dualSpec({ routing, nodeAddresses: ["fd00:192:168:1::11"] });
  const { kernel, mtu } = planned(
    own,
    claimsOf(dualClaims(3).map(({ metadata, spec }) => ({ metadata, spec: { ...spec, ...six, routing } }))),
    facts,
  );
  assert.deepEqual(
    kernel.routes.map(({ prefix, device, source }) => [prefix, device, source]),
    [
      ["10.244.3.0/24", "podnet-vxlan6", "10.244.1.1"],
      ["fd00:10:244:3::/64", "podnet-vxlan6", "fd00:10:244:1::1"],
    ],
  );
  assert.deepEqual([kernel.fdb.length, kernel.neighbors.length, mtu], [1, 2, 1430]);
  assert.match(kernel.routes[1]?.via ?? "", /^fe80::/);
});

test("pods' packets fit through the narrowest way to another node", () => {
  assert.equal(planned(undefined, undefined, farFacts({ mtu: 1400 })).mtu, 1350);
  assert.equal(planned(ownSpec({ routing, mtu: { mode: "Fixed", value: 1300 } })).mtu, 1300);
  assert.equal(planned(undefined, [], farFacts()).mtu, 1450, "a node alone leaves room for others to come");
});

test("a tunnel's own packets fit through its narrowest way, and no way beside it counts", () => {
  const tunnelMtu = (facts: ReturnType<typeof farFacts>) => planned(undefined, undefined, facts).kernel.links[1]?.mtu;
  assert.equal(tunnelMtu(farFacts()), 1450);
  assert.equal(tunnelMtu(farFacts({ mtu: 1400 })), 1350, "the route says less than the uplink");
  assert.equal(tunnelMtu(farFacts({ mtu: 9000 })), 1450, "the uplink says less than the route");
  const near: NextHop = { reach: "OnLink", device: "eth0", mtu: 1300 };
  const facts = nodeFacts([], { nextHops: new Map([...farFacts().nextHops, ["192.168.1.12", near]]) });
  const { kernel, mtu } = planned(undefined, undefined, facts);
  assert.deepEqual([kernel.links[1]?.mtu, mtu], [1450, 1300], "a direct way is for the pods alone");
});

/** What keeps node-3 from being reached → the reason. */
const unreached: Readonly<Record<string, readonly [claim: Partial<NodeSubnetSpec>, hop: NextHop, says: RegExp]>> = {
  "no common family": [
    { nextHops: ["fd00::13"] },
    far,
    /no tunnel joins IPv4 of this node and IPv6 of Node node-3; give both Nodes/,
  ],
  "a prefix without a gateway": [{ cidr: "10.244.3.7/32" }, far, /it is too small to have a gateway; delete the NodeSubnet/],
  "no address": [{ nextHops: [] }, far, /no tunnel joins IPv4 of this node and no address of Node node-3/],
  "no way": [
    {},
    { reach: "None", problem: "Network is unreachable" },
    /192\.168\.2\.13 is not reached \(Network is unreachable\); give this node a route/,
  ],
  "this node's own address": [{}, { reach: "Local" }, /192\.168\.2\.13 is this node's own, too/],
  "the pods' bridge": [{}, { reach: "OnLink", device: "cni0", mtu: 1500 }, /reached through cni0, which is the pods'/],
};

for (const [what, [part, hop, says]] of Object.entries(unreached))
  test(`there is no tunnel but a reason for a node that is kept from it by ${what}`, () => {
    const { kernel, peers } = planned(
      undefined,
      claims(part),
      nodeFacts(["192.168.1.12"], { nextHops: new Map([...nodeFacts(["192.168.1.12"]).nextHops, ["192.168.2.13", hop]]) }),
    );
    assert.deepEqual(
      kernel.routes.map(({ prefix }) => prefix),
      ["10.244.2.0/24"],
    );
    const reason = peers.find(({ node }) => node === "node-3")?.path;
    assert.ok(reason !== undefined && "code" in reason);
    assert.equal(reason.code, "NotReached");
    assert.match(reason.message, says);
  });

test("where no node asks for a tunnel there is none, and no room is left for one", () => {
  const { kernel, mtu } = planned(ownSpec(), claimsOf([claimObject(2)]), nodeFacts(["192.168.1.12"]));
  assert.deepEqual([kernel.links.length, kernel.neighbors, kernel.fdb, mtu], [1, [], [], 1500]);
});

test("without the interface that a tunnel begins at there is neither tunnel nor way through it, also with a fixed MTU, and it is said why", () => {
  const own = ownSpec({ routing, mtu: { mode: "Fixed", value: 1400 } });
  const facts = { ...farFacts(), uplinks: [] };
  const { kernel, peers } = planned(own, claims(), facts);
  assert.deepEqual(
    kernel.links.map(({ name }) => name),
    ["cni0"],
  );
  assert.deepEqual(
    kernel.routes.map(({ prefix }) => prefix),
    ["10.244.2.0/24"],
    "what is on the link needs no tunnel",
  );
  assert.deepEqual([kernel.neighbors, kernel.fdb], [[], []]);
  const far = peers.find(({ node }) => node === "node-3")?.path;
  assert.match(
    far !== undefined && "code" in far ? far.message : "",
    /: no interface carries 192\.168\.1\.11, where the tunnel would begin; /,
  );
});

test("a fixed MTU is advised only to a node without tunnels, which needs no interface for it", () => {
  const advice = (spec: ReturnType<typeof ownSpec>) => {
    const plan = planNode("node-1", ownNetwork(spec), claims(), { ...farFacts(), uplinks: [] });
    return "code" in plan ? plan.message : assert.fail("it is planned");
  };
  assert.match(advice(ownSpec()), /correct the addresses of the Node, or set mtu \{mode: Fixed\} in the PodNetwork$/);
  assert.match(advice(ownSpec({ routing })), /correct the addresses of the Node$/);
});

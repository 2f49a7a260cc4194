import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetworkSpec } from "../../crds/types.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { claim, network, networkOf, node, record, type RangePart, withLedger } from "../../test/support/plan-snapshot.ts";
import { planWorld, type PlanWorld } from "../../test/support/plan-world.ts";
import { allocate } from "./allocate.ts";
import type { Network, NodeFacts, Snapshot } from "./snapshot.ts";

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };

function small(spec: Partial<Omit<PodNetworkSpec, "ranges">>, ranges: readonly RangePart[] = [range]): Network {
  const read = network({ spec: { ranges, ...spec } });
  assert.deepEqual(read.issues, []);
  return read;
}

/** e.g. `["node-1 10.244.1.0/24", "node-2 failed StaticSubnetTaken"]` */
function planned(snapshot: Snapshot): string[] {
  const { creates, failures } = allocate(snapshot);
  return [
    ...creates.map(({ node, prefix }) => `${node.name} ${renderPrefix(prefix)}`),
    ...failures.map(({ node, code }) => `${node} failed ${code}`),
  ];
}

function given(of: Network, nodes: readonly NodeFacts[], part: Partial<Snapshot> = {}): string[] {
  return planned({ ...withLedger({ networks: [of], nodes }), ...part });
}

const [one, two, three] = [node("node-1"), node("node-2"), node("node-3")];
const statics = (...list: readonly string[]) => {
  return { staticSubnets: list.map((text) => ({ node: text.split(" ")[0] ?? "", cidr: text.split(" ")[1] ?? "" })) };
};

test("a node's first subnet is the one set aside for it; nobody else gets that, whether the node is there or not", () => {
  const of = small(statics("node-2 10.244.0.0/24", "absent 10.244.1.0/24"));
  assert.deepEqual(given(of, [one, two, three]), ["node-1 10.244.2.0/24", "node-2 10.244.0.0/24", "node-3 10.244.3.0/24"]);
});

test("a node gets every subnet set aside for it, also when it has others already, and keeps those", () => {
  const of = small(statics("node-1 10.244.8.0/24", "node-1 10.244.9.0/24"));
  assert.deepEqual(given(of, [one]), ["node-1 10.244.8.0/24", "node-1 10.244.9.0/24"]);
  assert.deepEqual(told(of, ["10.244.7.0/24"]), ["node-1 10.244.8.0/24", "node-1 10.244.9.0/24"]);
});

/** What node-1 gets that is told these subnets and has reported these free addresses in each. */
function told(
  of: Network,
  cidrs: readonly string[],
  free = 99,
  part: { readonly generation?: number; readonly subnets?: number } = {},
): string[] {
  const claims = cidrs.map((cidr) => claim(cidr, one));
  const world = planWorld(withLedger({ networks: [of], nodes: [one], claims: claims.slice(0, 1) }));
  world.pass();
  const { object } = world.now().records[0] ?? assert.fail();
  const spec = { ...object.spec, subnets: cidrs.map((cidr) => ({ cidr, state: "Active" as const })) };
  const subnets = cidrs.slice(0, part.subnets ?? cidrs.length).map((cidr) => ({ cidr, leases: 1, free }));
  const status = { nodeUID: one.uid, configGeneration: part.generation ?? spec.configGeneration, subnets };
  return planned({ ...world.now(), claims, records: [record({ ...object, spec, status })] });
}

test("more statics than the maximum allows beside what the node has wait", () => {
  const of = small({
    ...statics("node-1 10.244.8.0/24", "node-1 10.244.9.0/24"),
    growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 0 },
  });
  assert.deepEqual(told(of, ["10.244.7.0/24"]), ["node-1 10.244.8.0/24"]);
  assert.deepEqual(told(of, ["10.244.6.0/24", "10.244.7.0/24"]), []);
});

test("a static subnet that is in use fails its node, which gets no other one in its place; a node that has one goes on", () => {
  const of = small(statics("node-1 10.244.8.0/24"));
  const taken = [claim("10.244.8.0/24", node("node-9"))];
  assert.deepEqual(given(of, [one, two], { claims: taken }), ["node-2 10.244.0.0/24", "node-1 failed StaticSubnetTaken"]);
  const { failures } = allocate({ ...withLedger({ networks: [of], nodes: [one] }), claims: taken });
  assert.equal(
    failures[0]?.message,
    "10.244.8.0/24, set aside for Node node-1 in spec.staticSubnets, is in use, reserved, or has a node's address in it; free it or name another one",
  );
  const more = small(statics("node-1 10.244.8.0/24", "node-1 10.244.9.0/24"));
  assert.deepEqual(given(more, [one], { claims: [claim("10.244.9.0/24", node("node-9"))] }), [
    "node-1 10.244.8.0/24",
    "node-1 failed StaticSubnetTaken",
  ]);
});

test("a static subnet of a range that is being drained is not given", () => {
  const of = small(statics("node-1 10.244.8.0/24"), [
    { ...range, state: "Draining" },
    { cidr: "10.245.0.0/16", nodePrefixLength: 24 },
  ]);
  assert.deepEqual(given(of, [one]), ["node-1 10.245.0.0/24"]);
});

const adopting = (number: number, ...podCIDRs: string[]) => node(`node-${number}`, { podCIDRs });

test("a node's podCIDR becomes its first subnet, and is kept for it while others are served", () => {
  const nodes = [one, adopting(2, "10.244.0.0/24"), adopting(3, "10.244.1.0/24")];
  assert.deepEqual(given(small({}), nodes), ["node-1 10.244.2.0/24", "node-2 10.244.0.0/24", "node-3 10.244.1.0/24"]);
});

test("each family's podCIDR is adopted, also by a node that has a subnet of the other one already", () => {
  const of = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"]);
  const dual = adopting(1, "10.244.5.0/24", "fd00:10:244:5::/64");
  assert.deepEqual(given(of, [dual]), ["node-1 10.244.5.0/24", "node-1 fd00:10:244:5::/64"]);
  const six = adopting(1, "fd00:10:244:5::/64");
  const world = planWorld({ networks: [networkOf("default", ["10.244.0.0/16"])], nodes: [six] });
  world.rounds(2);
  world.change({ networks: [of], nodes: [...world.now().nodes, two] });
  world.rounds(2);
  assert.deepEqual(world.claims(), [
    "node-1 10.244.0.0/24 Active",
    "node-1 fd00:10:244:5::/64 Active",
    "node-2 10.244.1.0/24 Active",
    "node-2 fd00:10:244::/64 Active",
  ]);
});

test("of two nodes with the same podCIDR the first adopts it, and the other gets another one", () => {
  assert.deepEqual(given(small({}), [adopting(2, "10.244.7.0/24"), adopting(1, "10.244.7.0/24")]), [
    "node-1 10.244.7.0/24",
    "node-2 10.244.0.0/24",
  ]);
});

test("a podCIDR is not adopted where it is taken, reserved, of another length, outside, set aside for another node, or where that is not wanted", () => {
  const adopts = (of: Network, cidr: string, claims: Snapshot["claims"] = []) =>
    given(of, [adopting(1, cidr)], { claims })[0] === `node-1 ${cidr}`;
  assert.equal(adopts(small({}), "10.244.7.0/24"), true);
  assert.equal(adopts(small({}), "10.244.7.0/24", [claim("10.244.7.0/24", two)]), false);
  assert.equal(adopts(small({ reserved: [{ cidr: "10.244.4.0/22" }] }), "10.244.7.0/24"), false);
  assert.equal(adopts(small({}), "10.244.7.0/25"), false);
  assert.equal(adopts(small({}), "10.9.7.0/24"), false);
  assert.equal(adopts(small(statics("node-9 10.244.7.0/24")), "10.244.7.0/24"), false);
  assert.equal(adopts(small(statics("node-1 10.244.7.0/24")), "10.244.7.0/24"), true);
  assert.equal(adopts(small({ adoption: { nodePodCIDR: "Never" } }), "10.244.7.0/24"), false);
});

test("a node that has a subnet keeps to it, whatever its podCIDR", () => {
  assert.deepEqual(given(small({}), [adopting(1, "10.244.7.0/24")], { claims: [claim("10.244.3.0/24", one)] }), []);
});

test("a node with fewer free addresses than wanted gets one more subnet of that family, up to the maximum", () => {
  const of = small({ growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 16 } });
  const { because, prefix } = allocate(withShort(of)).creates[0] ?? assert.fail();
  assert.deepEqual([because, renderPrefix(prefix)], ["the node is short of free IPv4 addresses", "10.244.0.0/24"]);
  assert.deepEqual(told(of, ["10.244.7.0/24"], 16), []);
  assert.deepEqual(told(of, ["10.244.7.0/24"], 15), ["node-1 10.244.0.0/24"]);
  assert.deepEqual(told(of, ["10.244.7.0/24", "10.244.8.0/24"], 0), [], "it has the maximum");
});

function withShort(of: Network): Snapshot {
  const world = planWorld(withLedger({ networks: [of], nodes: [one], claims: [claim("10.244.7.0/24", one)] }));
  world.pass();
  const { object } = world.now().records[0] ?? assert.fail();
  const status = { nodeUID: one.uid, configGeneration: 1, subnets: [{ cidr: "10.244.7.0/24", leases: 250, free: 3 }] };
  return { ...world.now(), records: [record({ ...object, status })] };
}

test("the free addresses of all its subnets count together", () => {
  const of = small({ growth: { maxSubnetsPerNode: 9, addBelowFreeIPs: 16 } });
  assert.deepEqual(told(of, ["10.244.7.0/24", "10.244.8.0/24"], 8), []);
  assert.deepEqual(told(of, ["10.244.7.0/24", "10.244.8.0/24"], 7), ["node-1 10.244.0.0/24"]);
});

test("a node does not grow on a report that is older than its spec, or does not know all its subnets, or where growth is off", () => {
  const of = small({ growth: { maxSubnetsPerNode: 9, addBelowFreeIPs: 16 } });
  assert.deepEqual(told(of, ["10.244.7.0/24"], 0, { generation: 0 }), []);
  assert.deepEqual(told(of, ["10.244.7.0/24", "10.244.8.0/24"], 0, { subnets: 1 }), []);
  assert.deepEqual(told(small({ growth: { maxSubnetsPerNode: 9, addBelowFreeIPs: 0 } }), ["10.244.7.0/24"], 0), []);
});

test("a node that is full and cannot grow is named, though it lacks no family", () => {
  const of = small({ growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 16 } }, [{ cidr: "10.244.7.0/24", nodePrefixLength: 24 }]);
  const { failures, members } = allocate(withShort(of));
  assert.deepEqual(
    failures.map(({ code, isVital }) => [code, isVital]),
    [["RangeExhausted", false]],
  );
  assert.deepEqual(members[0]?.missing, []);
});

function full(): PlanWorld {
  const of = small({ growth: { maxSubnetsPerNode: 4, addBelowFreeIPs: 16 } });
  const world = planWorld({ networks: [of], nodes: [one] });
  world.rounds(2);
  world.setPods("10.244.0.0/24", 250);
  world.look();
  return world;
}

test("growth ends with the first report of the new subnet, and goes on when that one is full too", () => {
  const world = full();
  assert.deepEqual(world.pass(), [
    "add NodeSubnet 10.244.1.0-24: the node is short of free IPv4 addresses",
    "change NodeSubnet 10.244.1.0-24: its range is still open",
    "change NodeNetwork node-1: subnets: 10.244.0.0/24, wanted 10.244.0.0/24, 10.244.1.0/24",
  ]);
  assert.deepEqual(world.rounds(4), [], "until the agent has spoken of the new one, and after that, too");
  world.setPods("10.244.1.0/24", 250);
  assert.equal(world.rounds(2).length, 3);
});

test("of two extra subnets by two operators the node takes one, and the other comes to rest and goes", () => {
  const world = full();
  const extra = ["10.244.8.0/24", "10.244.9.0/24"].map((cidr) => claim(cidr, one, undefined, { incarnation: "incarnation-1" }));
  world.change({ claims: [...world.now().claims, ...extra] });
  world.rounds(3);
  assert.deepEqual(world.told(), ["node-1 10.244.0.0/24 Active", "node-1 10.244.8.0/24 Active"]);
  assert.ok(world.claims().includes("node-1 10.244.9.0/24 Held"));
  world.rounds(14);
  assert.deepEqual(world.claims(), ["node-1 10.244.0.0/24 Active", "node-1 10.244.8.0/24 Active"]);
});

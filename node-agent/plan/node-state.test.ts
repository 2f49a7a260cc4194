import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { active, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import { planNode } from "./node-state.ts";

const claims = claimsOf([1, 2, 3].flatMap(dualClaims));
const facts = nodeFacts(["192.168.1.12", "fd00:192:168:1::12", "192.168.1.13", "fd00:192:168:1::13"]);

test("node-1 of three nodes in both families is to be as in testdata/node-1.json", (t) => {
  const plan = planNode("node-1", ownNetwork(dualSpec()), claims, facts);
  t.assert.fileSnapshot(plan, join(import.meta.dirname, "testdata/node-1.json"), {
    serializers: [(value) => `${JSON.stringify(value, undefined, 2)}\n`],
  });
});

test("the order in which claims come makes no difference but the order of items", () => {
  const sorted = (order: typeof claims) => {
    const plan = planNode("node-1", ownNetwork(dualSpec()), order, facts);
    assert.ok("kernel" in plan);
    const { routes, tables, ...rest } = plan.kernel;
    const sets = tables.flatMap((table) => table.sets.map((set) => [set.name, set.elements.toSorted()]));
    return [rest, routes.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1)), sets];
  };
  const straight = sorted(claims);
  fc.assert(
    fc.property(fc.shuffledSubarray([...claims], { minLength: claims.length }), (order) =>
      assert.deepEqual(sorted(order), straight),
    ),
  );
});

test("two nodes of one network route to each other", () => {
  const [one, two] = [1, 2].map((n) => {
    const spec = ownSpec({ subnets: active(`10.244.${n}.0/24`), nodeAddresses: [`192.168.1.${10 + n}`] });
    const plan = planNode(`node-${n}`, ownNetwork(spec), claims, nodeFacts(["192.168.1.11", "192.168.1.12"]));
    assert.ok("kernel" in plan);
    return plan.kernel.routes.map(({ prefix, via }) => `${prefix} via ${via}`);
  });
  assert.ok(one?.includes("10.244.2.0/24 via 192.168.1.12"));
  assert.ok(two?.includes("10.244.1.0/24 via 192.168.1.11"));
});

test("the MTU is the smallest of the uplinks', or the fixed one", () => {
  const uplinks = [1500, 1450].map((mtu) => ({ address: "192.168.1.11", device: "eth0", mtu }));
  const auto = planNode("node-1", ownNetwork(), [], nodeFacts([], { uplinks }));
  const fixed = planNode(
    "node-1",
    ownNetwork(ownSpec({ mtu: { mode: "Fixed", value: 9000 } })),
    [],
    nodeFacts([], { uplinks: [] }),
  );
  assert.ok("kernel" in auto && "kernel" in fixed);
  assert.deepEqual([auto.mtu, fixed.mtu, fixed.kernel.links[0]?.mtu], [1450, 9000, 9000]);
});

test("a node whose MTU cannot be known, or carries no IPv6, is not planned", () => {
  const unknown = planNode("node-1", ownNetwork(), [], nodeFacts([], { uplinks: [] }));
  const small = planNode("node-1", ownNetwork(dualSpec({ mtu: { mode: "Fixed", value: 1279 } })), [], nodeFacts([]));
  assert.ok("code" in unknown && "code" in small);
  assert.deepEqual([unknown.code, small.code], ["NoUplink", "MtuTooSmall"]);
  assert.match(unknown.message, /^no interface carries 192\.168\.1\.11, /);
  const homeless = planNode("node-1", ownNetwork(ownSpec({ nodeAddresses: [] })), [], nodeFacts([], { uplinks: [] }));
  assert.match("message" in homeless ? homeless.message : "", /none inside spec\.routing\.nodeAddress\.cidrs/);
});

test("the bridge's MAC depends on the node and the bridge alone", () => {
  const mac = (node: string, bridge: string, subnet: string) => {
    const { cni } = ownSpec();
    const plan = planNode(node, ownNetwork(ownSpec({ subnets: active(subnet), cni: { ...cni, bridge } })), [], facts);
    return "kernel" in plan ? plan.kernel.links[0]?.mac : undefined;
  };
  assert.equal(mac("a", "cni0", "10.244.1.0/24"), mac("a", "cni0", "10.244.9.0/24"));
  const different = [mac("a", "cni0", "10.244.1.0/24"), mac("b", "cni0", "10.244.1.0/24"), mac("a", "br0", "10.244.1.0/24")];
  assert.equal(new Set(different).size, 3);
});

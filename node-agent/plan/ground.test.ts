import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { groundOf } from "./ground.ts";
import { planNode } from "./node-state.ts";

const own = ownNetwork(dualSpec());
const claims = claimsOf([1, 2].flatMap(dualClaims));

test("what is kept without an uplink is part of what is wanted with one, and nothing of a node that was never programmed", () => {
  const plan = planNode("node-1", own, claims, nodeFacts(["192.168.1.12", "fd00:192:168:1::12"]));
  assert.ok("kernel" in plan);
  const { links, ports, addresses, tables, sysctls = [], ...others } = groundOf("node-1", own, claims, plan.mtu);
  const { kernel } = plan;
  assert.deepEqual(
    { links, ports, addresses, tables },
    { links: kernel.links, ports: kernel.ports, addresses: kernel.addresses, tables: kernel.tables },
  );
  assert.deepEqual(others, {}, "routes and what is on tunnels stay as they are");
  const wanted = new Map(plan.kernel.sysctls.map(({ path, value }) => [path, value]));
  assert.ok(sysctls.length > 4);
  for (const { path, value } of sysctls) {
    assert.match(path, /\/cni0\//, "not what the uplink has a part in");
    assert.equal(wanted.get(path), value, path);
  }
  assert.deepEqual(groundOf("node-1", own, claims, undefined), {});
});

test("where a node asks for tunnels, these and the rules about them are left as they stand", () => {
  const tunnelling = { ...own, tunnel: { to: "AllPeers", port: 4789 } as const };
  const { addresses = [], ...others } = groundOf("node-1", tunnelling, claims, 1450);
  assert.deepEqual(Object.keys(others), ["sysctls"]);
  assert.deepEqual([...new Set(addresses.map(({ device }) => device))], ["cni0"], "addresses of others are not looked at then");
  assert.deepEqual(
    groundOf("node-1", own, claims, 1450, { own: 4789, common: 4789 }),
    { addresses, ...others },
    "or asked a moment ago",
  );
});

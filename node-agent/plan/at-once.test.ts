import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeState } from "../../lib/linux/node-state.ts";
import { atOnce, summaryOf } from "./at-once.ts";

const standing: Partial<NodeState> = {
  links: [],
  ports: { bridge: "cni0", hairpin: true },
  addresses: [],
  routes: [],
  tables: [],
};
const route = "[ROUTE]Deleted 10.244.2.0/24 nhid 7 via 192.168.1.12 dev eth0 proto 244 ";
const address = "[ADDR]Deleted 4: cni0    inet 10.244.1.1/24 scope global cni0";
const link = "[LINK]4: cni0: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN group default ";
const neighbor = "[NEIGH]Deleted 10.244.3.1 dev podnet-vxlan4 lladdr 02:00:00:00:00:03 PERMANENT";

test("what the kernel tells of is looked at first", () => {
  const partsOf = (...because: readonly string[]) => Object.keys(atOnce(standing, because));
  assert.deepEqual(partsOf(route), ["routes"]);
  assert.deepEqual(partsOf("[NEXTHOP]Deleted id 7 via 192.168.1.12 dev eth0"), ["routes"]);
  assert.deepEqual(partsOf(address, route), ["addresses", "routes"]);
  assert.deepEqual(partsOf(link, neighbor), ["links", "ports"]);
  assert.deepEqual(partsOf(neighbor), []);
});

test("nothing is, where anything else may have changed, too, or where nothing stands yet", () => {
  for (const because of [
    [],
    [route, "NodeSubnet 10.244.2.0-24"],
    ["NodeNetwork node-1"],
    ["/etc/cni/net.d"],
    ["the watch has begun"],
  ])
    assert.deepEqual(atOnce(standing, because), {}, because.join());
  assert.deepEqual(atOnce(undefined, [route]), {});
});

test("what stands for a reason among many says as much as the reason", () => {
  for (const because of [route, address, link, neighbor, "[NETCONF]inet eth0", "NodeNetwork node-1", "the watch has begun"])
    assert.deepEqual(atOnce(standing, [summaryOf(because)]), atOnce(standing, [because]), because);
  assert.equal(summaryOf(route), "[ROUTE]");
});

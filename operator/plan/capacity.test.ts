import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bornAtMs, claim, networkOf, withLedger } from "../../test/support/plan-snapshot.ts";
import { nodeOf, reportAt, statusOf, told, worldOf } from "../../test/support/status-world.ts";
import type { NodeNetworkStatus } from "../../crds/types.ts";
import { allocate } from "./allocate.ts";
import type { Network } from "./snapshot.ts";

const soon = bornAtMs + 1_000;
const network = networkOf("default", ["10.244.0.0/16"]);

/** A report with so many free addresses in the subnet of node N. */
function free(number: number, count: number): NodeNetworkStatus {
  return reportAt(soon, "True", { subnets: [{ cidr: `10.244.${number}.0/24`, leases: 253 - count, free: count }] });
}

test("the family with fewest free subnets says how many more nodes may come", () => {
  const dual = networkOf("default", ["10.244.0.0/22", "10.245.0.0/23", "fd00:10:244::/48"]);
  const status = statusOf(withLedger({ networks: [dual], claims: [claim("10.244.0.0/24", nodeOf(1), dual)] }));
  assert.equal(status.capacity?.nodesUntilExhaustion, 5);
  assert.equal(told(status, "CapacityOK"), "CapacityOK True/Enough: room for 5 more nodes");
});

test("reserved subnets, those set aside, and those of ranges that are drained are not for more nodes", () => {
  const spec = { reserved: [{ cidr: "10.244.0.0/24" }], staticSubnets: [{ node: "node-9", cidr: "10.244.1.0/24" }] };
  const status = statusOf(withLedger({ networks: [networkOf("default", ["10.244.0.0/22"], { spec })] }));
  assert.equal(status.capacity?.nodesUntilExhaustion, 2);
  assert.equal(status.ranges?.[0]?.free, 3, "what is set aside is free until its node comes");
});

test("as many nodes as it says can come, and not one more", () => {
  const cidrs = fc.subarray(["10.244.0.0/22", "10.245.0.0/23", "10.246.0.0/24", "fd00:1::/62", "fd00:2::/63"], { minLength: 1 });
  const part = fc.record({
    cidrs,
    reserved: fc.subarray(["10.244.1.0/24", "10.246.0.128/25", "fd00:1:0:1::/64"]),
    statics: fc.subarray(["10.244.2.0/24", "10.245.0.0/24", "fd00:2::/64"]),
  });
  fc.assert(
    fc.property(part, ({ cidrs, reserved, statics }) => {
      const isIn = (cidr: string) => cidrs.some((range) => range.slice(0, 6) === cidr.slice(0, 6));
      const spec = {
        reserved: reserved.filter(isIn).map((cidr) => ({ cidr })),
        staticSubnets: statics.filter(isIn).map((cidr) => ({ node: "node-999", cidr })),
      };
      const bare = withLedger({ networks: [networkOf("default", cidrs, { spec })] });
      const room = statusOf(bare).capacity?.nodesUntilExhaustion ?? assert.fail();
      const served = (count: number) => {
        const nodes = Array.from({ length: count }, (_, index) => nodeOf(index + 1));
        return new Set(allocate({ ...bare, nodes }).creates.map(({ node }) => node.name)).size;
      };
      assert.equal(served(room), room);
      assert.equal(served(room + 1), room);
    }),
  );
});

test("free pod addresses are those of subnets that new pods may get, and the poorest node is named", () => {
  const nodes = [1, 2, 3].map((number) => nodeOf(number));
  const stale = { cidr: "10.9.0.0/24", leases: 0, free: 200 };
  const two = free(2, 50);
  const reports = { "node-1": free(1, 60), "node-2": { ...two, subnets: [...(two.subnets ?? []), stale] }, "node-3": undefined };
  const { capacity } = statusOf(worldOf(network, nodes, reports));
  assert.deepEqual(capacity, { nodesUntilExhaustion: 253, freeIPs: 110, lowestFreeIPsNode: "node-2" });
});

test("before any node reported no node is the poorest", () => {
  assert.deepEqual(statusOf(worldOf(network, [nodeOf(1)], {})).capacity, { nodesUntilExhaustion: 255, freeIPs: 0 });
});

test("less than a tenth of the subnets is low, none is exhausted, and both say what to do", () => {
  const claimed = (count: number) => {
    const nodes = Array.from({ length: count }, (_, index) => nodeOf(index));
    return statusOf(worldOf(networkOf("default", ["10.244.0.0/20"]), nodes, {}));
  };
  assert.match(told(claimed(14), "CapacityOK"), /^CapacityOK True/);
  assert.equal(
    told(claimed(15), "CapacityOK"),
    "CapacityOK False/CapacityLow: less than a tenth is free: 1 of 16 IPv4 subnets; append a range to spec.ranges of PodNetwork/default",
  );
  assert.equal(
    told(claimed(16), "CapacityOK"),
    "CapacityOK False/RangeExhausted: no IPv4 subnet is left; append a range to spec.ranges of PodNetwork/default",
  );
  assert.match(told(claimed(16), "Allocated"), /^Allocated True/, "every node has what it needs");
});

test("a node that is short of addresses and may not grow is named, one that may grow is not", () => {
  const of = (maxSubnetsPerNode: number, addBelowFreeIPs = 16): Network =>
    networkOf("default", ["10.244.0.0/16"], { spec: { growth: { maxSubnetsPerNode, addBelowFreeIPs } } });
  const judge = (network: Network, count: number) =>
    told(statusOf(worldOf(network, [nodeOf(1), nodeOf(2)], { "node-1": free(1, count), "node-2": free(2, 99) })), "CapacityOK");
  assert.equal(
    judge(of(1), 15),
    "CapacityOK False/CapacityLow: running out of pod addresses with no further subnet allowed: node-1 (15 free IPv4 addresses); " +
      "raise spec.growth.maxSubnetsPerNode or move pods",
  );
  for (const verdict of [judge(of(2), 15), judge(of(1), 16), judge(of(1, 0), 1)]) assert.match(verdict, /^CapacityOK True/);
  assert.match(judge(of(4, 0), 0), /^CapacityOK False\/CapacityLow/);
});

test("a node that cannot grow makes capacity a warning, not the network unready", () => {
  const tiny = networkOf("default", ["10.244.1.0/24"]);
  const status = statusOf(worldOf(tiny, [nodeOf(1)], { "node-1": free(1, 3) }));
  assert.match(told(status, "CapacityOK"), /^CapacityOK False\/RangeExhausted: no IPv4 subnet is left; node-1 would need one;/);
  assert.match(told(status, "Ready"), /^Ready True/);
});

test("a network that gives nothing to new nodes has room for none", () => {
  const late = networkOf("late", ["10.0.0.0/8"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const refused = statusOf(withLedger({ networks: [late, network] }));
  assert.equal(refused.capacity?.nodesUntilExhaustion, 0);
  assert.match(told(refused, "CapacityOK"), /^CapacityOK Unknown\/RangeNotAccepted/);
  const leaving = networkOf("default", ["10.244.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const going = statusOf(worldOf(leaving, [nodeOf(1)], {}));
  assert.equal(going.capacity?.nodesUntilExhaustion, 0);
  assert.match(told(going, "CapacityOK"), /takes no more nodes$/);
  const gone = statusOf({ networks: [leaving], nodes: [], claims: [], records: [], ledger: undefined });
  assert.match(told(gone, "CapacityOK"), /^CapacityOK True.*takes no more nodes$/, "though its ranges have left the ledger");
});

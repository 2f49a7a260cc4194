import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { containsAddress, prefixAround, renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { freeAddresses, leaseCounter, lowFamilies, podAddresses } from "./leases.ts";

test("a subnet has an address for a pod in all its places but the network's, the gateway's, and in IPv4 the broadcast's", () => {
  const counts = ["10.244.1.0/24", "10.244.1.0/30", "10.244.1.0/31", "fd00::/126", "fd00::/127"].map((cidr) =>
    podAddresses(toPrefix(cidr)),
  );
  assert.deepEqual(counts, [253n, 1n, 0n, 2n, 0n]);
});

test("what is free is what pods do not have, and counted no further than a status can hold", () => {
  assert.equal(freeAddresses(toPrefix("10.244.1.0/24"), 3), 250);
  assert.equal(freeAddresses(toPrefix("10.244.1.0/30"), 2), 0);
  assert.equal(freeAddresses(toPrefix("fd00:10:244:1::/64"), 9), 2_147_483_647);
});

test("the leases counted are those that lie in the prefix", () => {
  const address = fc.record(
    { family: fc.constantFrom(4 as const, 6 as const), value: fc.bigInt({ min: 0n, max: 1023n }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(address), address, fc.integer({ min: 0, max: 11 }), (leases, around, hostBits) => {
      const prefix = prefixAround(around, (around.family === 4 ? 32 : 128) - hostBits);
      assert.equal(leaseCounter(leases)(prefix), leases.filter((lease) => containsAddress(prefix, lease)).length);
    }),
  );
});

test("a family is low by the sum over its open subnets, and never without one", () => {
  const uses = ["10.244.1.0/24", "10.244.9.0/24", "fd00:10:244:1::/64"].map((cidr) => ({
    cidr: renderPrefix(toPrefix(cidr)),
    leases: 0,
    free: 8,
  }));
  const open = uses.map(({ cidr }) => cidr);
  assert.deepEqual(lowFamilies(uses, open, 16), [6]);
  assert.deepEqual(lowFamilies(uses, open, 17), [4, 6]);
  assert.deepEqual(lowFamilies(uses, ["10.244.1.0/24"], 16), [4]);
  assert.deepEqual(lowFamilies(uses, [], 16), []);
});

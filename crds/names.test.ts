import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { addressBits } from "../lib/net/address.ts";
import { prefixAround, renderPrefix } from "../lib/net/prefix.ts";
import { nodeSubnetName, parseNodeSubnetName } from "./names.ts";

const cidr = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  fc
    .record({ value: fc.bigInt(0n, (1n << BigInt(addressBits(family))) - 1n), length: fc.nat(addressBits(family)) })
    .map(({ value, length }) => prefixAround({ family, value }, length))
    .filter((prefix) => family === 4 || prefix.address >> 32n !== 0xffffn)
    .map(renderPrefix),
);

test("a NodeSubnet's name is read back as its prefix", () => {
  fc.assert(fc.property(cidr, (text) => assert.equal(parseNodeSubnetName(nodeSubnetName(text)), text)));
});

test("a NodeSubnet's name is one that Kubernetes takes, of one form for each family", () => {
  assert.equal(nodeSubnetName("10.244.7.0/24"), "10.244.7.0-24");
  assert.equal(nodeSubnetName("fd00:10:244:7::/64"), "fd00-0010-0244-0007-0000-0000-0000-0000-64");
  fc.assert(
    fc.property(cidr, (text) => {
      const name = nodeSubnetName(text);
      assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      assert.match(name, text.includes(":") ? /^([0-9a-f]{4}-){8}\d+$/ : /^\d+\.\d+\.\d+\.\d+-\d+$/);
    }),
  );
});

test("two prefixes never share a name", () => {
  fc.assert(fc.property(cidr, cidr, (a, b) => assert.equal(nodeSubnetName(a) === nodeSubnetName(b), a === b)));
});

test("a text that is no canonical prefix has no name", () => {
  for (const text of ["10.244.7.1/24", "10.244.7.0", "fd00:0:0::/48", ""]) assert.throws(() => nodeSubnetName(text), RangeError);
});

test("a name of any other form stands for no prefix", () => {
  const names = ["", "-", "-24", "node-1", "10.244.7.0", "10.244.7.0-024", "10.244.7.1-24", "10.244.7.0-33", "10-244-7-0-24"];
  const six = ["fd00-64", "fd00-10-244-7-0-0-0-0-64", "FD00-0010-0244-0007-0000-0000-0000-0000-64", "fd00--64"];
  const odd = ["fd00-0010-0244-0007-0000-0000-0000-0001-64", "fd00-0010-0244-0007-0000-0000-0000-0000-129"];
  for (const name of [...names, ...six, ...odd]) assert.equal(parseNodeSubnetName(name), undefined, name);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { addressBits, renderAddress, toAddress } from "./address.ts";
import {
  addressAt,
  comparePrefixes,
  containsAddress,
  containsPrefix,
  firstAddress,
  isPrefixProblem,
  lastAddress,
  type Prefix,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
  renderPrefix,
  subnetAt,
  subnetCount,
  toPrefix,
} from "./prefix.ts";

/** Prefixes of both families that share bits often, so that they overlap often. */
const prefix: fc.Arbitrary<Prefix> = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  fc
    .record({
      length: fc.nat(addressBits(family)),
      value: fc.oneof(
        fc.bigInt(0n, 15n).map((top) => top << BigInt(addressBits(family) - 4)),
        fc.bigInt(0n, (1n << BigInt(addressBits(family))) - 1n),
      ),
    })
    .map(({ length, value }) => prefixAround({ family, value }, length)),
);

/** The network bits as text, with the family before them: one prefix contains another when its bits begin the other's. */
function bitsOf({ family, address, length }: Prefix): string {
  return `${family}:${address.toString(2).padStart(addressBits(family), "0").slice(0, length)}`;
}

test("a prefix is read back from its text", () => {
  fc.assert(
    fc.property(
      prefix.filter(({ family, address }) => family === 4 || address >> 32n !== 0xffffn),
      (one) => assert.deepEqual(parsePrefix(renderPrefix(one)), one),
    ),
  );
});

test("containment and overlap are those of the leading bits", () => {
  fc.assert(
    fc.property(prefix, prefix, (a, b) => {
      const [ofA, ofB] = [bitsOf(a), bitsOf(b)];
      assert.equal(containsPrefix(a, b), ofB.startsWith(ofA));
      assert.equal(prefixesOverlap(a, b), ofB.startsWith(ofA) || ofA.startsWith(ofB));
      assert.equal(prefixesOverlap(a, b), prefixesOverlap(b, a));
    }),
    { numRuns: 2000 },
  );
});

test("a prefix contains its first and last address and all between, and neither neighbour", () => {
  fc.assert(
    fc.property(prefix, (one) => {
      const [first, last] = [firstAddress(one), lastAddress(one)];
      assert.equal(last.value - first.value + 1n, 2n ** BigInt(addressBits(one.family) - one.length));
      for (const inside of [first, last, { ...first, value: (first.value + last.value) / 2n }])
        assert.ok(containsAddress(one, inside));
      assert.ok(!containsAddress(one, { ...first, value: first.value - 1n }));
      assert.ok(!containsAddress(one, { ...last, value: last.value + 1n }));
      assert.ok(!containsAddress(one, { family: one.family === 4 ? 6 : 4, value: first.value }));
    }),
  );
});

test("the subnets of a prefix tile it: in order, without gap or overlap", () => {
  fc.assert(
    fc.property(prefix, fc.nat(6), (one, bits) => {
      const length = Math.min(one.length + bits, addressBits(one.family));
      const count = subnetCount(one, length);
      const subnets = Array.from({ length: Number(count) }, (_, index) => subnetAt(one, length, BigInt(index)));
      assert.equal(subnets[0]?.address, one.address);
      for (const [index, subnet] of subnets.entries()) {
        const next = subnets[index + 1] ?? { address: lastAddress(one).value + 1n };
        assert.equal(lastAddress(subnet).value + 1n, next.address);
      }
      assert.throws(() => subnetAt(one, length, count), RangeError);
      assert.throws(() => subnetAt(one, length, -1n), RangeError);
    }),
  );
});

test("a prefix smaller than a subnet has none", () => {
  assert.equal(subnetCount(toPrefix("10.244.0.0/24"), 23), 0n);
  assert.throws(() => subnetAt(toPrefix("10.244.0.0/24"), 23, 0n), /10\.244\.0\.0\/24 has no subnet 0 of length \/23/);
});

test("an address is found by its place in the prefix", () => {
  assert.equal(renderAddress(addressAt(toPrefix("10.244.7.0/24"), 1n)), "10.244.7.1");
  assert.equal(renderAddress(addressAt(toPrefix("fd00::/64"), (1n << 64n) - 1n)), "fd00::ffff:ffff:ffff:ffff");
  assert.throws(() => addressAt(toPrefix("10.244.7.0/24"), 256n), /10\.244\.7\.0\/24 has no address 256/);
  assert.throws(() => addressAt(toPrefix("10.244.7.0/24"), -1n), RangeError);
});

test("a text that means a prefix is told apart from one that does not, with what to write", () => {
  const problems = ["10.244.0.1/16", "FD00:0::/48", "10.244.0.0/016", "10.244.0.0", "::ffff:10.0.0.0/104", "a\nb"].map((text) => {
    const result = parsePrefix(text);
    return isPrefixProblem(result) ? [result.code, result.canonical, result.message] : [];
  });
  const remedy = "is not a prefix; write address/length, e.g. 10.244.0.0/16";
  assert.deepEqual(problems, [
    ["NotCanonical", "10.244.0.0/16", '"10.244.0.1/16" is not in canonical form; write 10.244.0.0/16'],
    ["NotCanonical", "fd00::/48", '"FD00:0::/48" is not in canonical form; write fd00::/48'],
    ["NotAPrefix", undefined, `"10.244.0.0/016" ${remedy}`],
    ["NotAPrefix", undefined, `"10.244.0.0" ${remedy}`],
    ["NotAPrefix", undefined, `"::ffff:10.0.0.0/104" ${remedy}`],
    ["NotAPrefix", undefined, `"a\\nb" ${remedy}`],
  ]);
  assert.throws(() => toPrefix("10.244.0.1/16"), /write 10\.244\.0\.0\/16/);
});

test("the canonical text in a problem is canonical", () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), fc.nat(32), (octets, length) => {
      const result = parsePrefix(`${octets.join(".")}/${length}`);
      const prefix = isPrefixProblem(result) ? toPrefix(result.canonical ?? "") : result;
      assert.ok(containsAddress(prefix, toAddress(octets.join("."))));
      assert.equal(prefix.length, length);
    }),
  );
});

test("prefixes are ordered by family, first address, and the larger one first", () => {
  const texts = ["fd00::/8", "10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/8", "2001:db8::/32"];
  const sorted = texts.map(toPrefix).toSorted(comparePrefixes).map(renderPrefix);
  assert.deepEqual(sorted, ["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "2001:db8::/32", "fd00::/8"]);
});

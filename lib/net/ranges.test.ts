import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Prefix, prefixAround, prefixesOverlap, renderPrefix, subnetAt, toPrefix } from "./prefix.ts";
import { countSubnets, freeSubnets, type RangeUse } from "./ranges.ts";

/** A small range of either family with prefixes in, around and beside it. */
const uses: fc.Arbitrary<RangeUse> = fc.constantFrom("10.244.0.0/22", "fd00:10:244::/118").chain((text) => {
  const range = toPrefix(text);
  const near = fc
    .record({ offset: fc.bigInt(-300n, 1400n), more: fc.integer({ min: -3, max: 10 }) })
    .map(({ offset, more }) => prefixAround({ family: range.family, value: range.address + offset }, range.length + more));
  const beside = fc.constantFrom(toPrefix("10.244.1.0/24"), toPrefix("fd00:10:244::100/120"));
  const prefixes = fc.array(fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: beside }), { maxLength: 6 });
  return fc.record({
    range: fc.constant(range),
    subnetLength: fc.integer({ min: range.length, max: range.length + 8 }),
    taken: prefixes,
    reserved: prefixes,
  });
});

/** Every subnet of the range, tried one by one. */
function allSubnets({ range, subnetLength }: RangeUse): Prefix[] {
  return Array.from({ length: 2 ** (subnetLength - range.length) }, (_, index) => subnetAt(range, subnetLength, BigInt(index)));
}

const touchedBy = (prefixes: readonly Prefix[]) => (subnet: Prefix) => prefixes.some((prefix) => prefixesOverlap(prefix, subnet));

test("free subnets are all those that nothing touches, lowest first", () => {
  fc.assert(
    fc.property(uses, (use) => {
      const expected = allSubnets(use).filter((subnet) => !touchedBy([...use.taken, ...use.reserved])(subnet));
      assert.deepEqual([...freeSubnets(use)], expected);
    }),
    { numRuns: 1000 },
  );
});

test("counts are those of trying every subnet", () => {
  fc.assert(
    fc.property(uses, (use) => {
      const all = allSubnets(use);
      assert.deepEqual(countSubnets(use), {
        total: all.length,
        taken: all.filter(touchedBy(use.taken)).length,
        reserved: all.filter(touchedBy(use.reserved)).length,
        free: [...freeSubnets(use)].length,
      });
    }),
  );
});

test("the order in which prefixes are given changes nothing", () => {
  fc.assert(
    fc.property(uses, (use) => {
      const turned = { ...use, taken: use.taken.toReversed(), reserved: use.reserved.toReversed() };
      assert.deepEqual([...freeSubnets(turned)], [...freeSubnets(use)]);
    }),
  );
});

test("the three nodes of the story get the subnets 1, 2 and 3, since 0 is reserved", () => {
  const use = { range: toPrefix("10.244.0.0/16"), subnetLength: 24, taken: [], reserved: [toPrefix("10.244.0.0/24")] };
  assert.deepEqual(freeSubnets(use).take(3).map(renderPrefix).toArray(), ["10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24"]);
  assert.deepEqual(countSubnets(use), { total: 256, taken: 0, reserved: 1, free: 255 });
});

test("a full range of 65,536 subnets has no free one, and one with a single gap gives it", () => {
  const range = toPrefix("fd00::/32");
  const all = Array.from({ length: 65_536 }, (_, index) => subnetAt(range, 48, BigInt(index)));
  const gap = toPrefix("fd00:0:abcd::/48");
  const almost = all.filter((subnet) => subnet.address !== gap.address).toReversed();
  assert.equal(freeSubnets({ range, subnetLength: 48, taken: all, reserved: [] }).next().value, undefined);
  assert.deepEqual([...freeSubnets({ range, subnetLength: 48, taken: almost, reserved: [] })], [gap]);
});

test("a range of hundreds of millions of subnets costs no more than what is taken of it", () => {
  const use = { range: toPrefix("128.0.0.0/2"), subnetLength: 30, taken: [toPrefix("128.0.0.0/3")], reserved: [] };
  assert.deepEqual(freeSubnets(use).take(1).map(renderPrefix).toArray(), ["160.0.0.0/30"]);
  assert.deepEqual(countSubnets(use), { total: 2 ** 28, taken: 2 ** 27, reserved: 0, free: 2 ** 27 });
});

test("a range that is smaller than its subnets cannot be cut", () => {
  const use = { range: toPrefix("10.244.0.0/24"), subnetLength: 23, taken: [], reserved: [] };
  assert.throws(() => countSubnets(use), /10\.244\.0\.0\/24 cannot be cut into subnets of length \/23/);
});

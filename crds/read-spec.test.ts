import assert from "node:assert/strict";
import { test } from "node:test";
import { specDefaults } from "../test/support/spec-defaults.ts";
import { readableSpec } from "./read-spec.ts";

const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24, state: "Active" };

test("of a spec that another version of the schema took each field is read by itself, and of a list each entry, as far as it is known", () => {
  const spec = readableSpec({
    ranges: [
      { ...range, state: "Draining", newer: { deep: true } },
      { ...range, cidr: "10.245.0.0/16", state: "Paused" },
      { ...range, cidr: "10.246.0.0/16", state: null },
      { cidr: "10.247.0.0/16" },
      7,
      null,
    ],
    reserved: [{ cidr: "10.244.0.0/24", reason: 7 }, { reason: "none" }],
    staticSubnets: [{ node: "edge-1", cidr: "10.244.1.0/24", newer: 1 }],
    priority: 7,
    adoption: { nodePodCIDR: "Sometimes" },
    newer: 1,
  });
  assert.deepEqual(spec, {
    ...specDefaults,
    ranges: [
      { ...range, state: "Draining" },
      { ...range, cidr: "10.245.0.0/16" },
      { ...range, cidr: "10.246.0.0/16" },
    ],
    reserved: [{ cidr: "10.244.0.0/24" }],
    staticSubnets: [{ node: "edge-1", cidr: "10.244.1.0/24" }],
    priority: 7,
  });
});

test("more ranges than the schema allows now are read as well, as far as that has an end", () => {
  const ranges = Array.from({ length: 5_000 }, (_, at) => ({ ...range, cidr: `10.${at >> 8}.${at & 255}.0/24` }));
  assert.equal(readableSpec({ ranges: ranges.slice(0, 100) }).ranges.length, 100);
  assert.equal(readableSpec({ ranges }).ranges.length, 116);
});

test("what is no spec at all has the defaults and nothing else", () => {
  for (const spec of [undefined, null, "none", [], { ranges: {}, reserved: "x", staticSubnets: null }])
    assert.deepEqual(readableSpec(spec), { ...specDefaults, ranges: [] });
});

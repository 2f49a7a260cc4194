import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Family } from "../../lib/net/address.ts";
import { type Prefix, prefixAround, toPrefix } from "../../lib/net/prefix.ts";
import { conflistSample } from "../../test/support/conflist-sample.ts";
import { type Conflist, openSubnets, parseConflist, renderConflist } from "./conflist.ts";
import { pluginNames } from "./plugin-names.ts";

const grown = conflistSample({
  mtu: 1450,
  subnets: ["10.244.7.0/24", "10.244.91.0/24", "fd00:10:244:7::/64"].map(toPrefix),
});

/** Name of the golden file → settings. */
const golden: Readonly<Record<string, Conflist>> = {
  "one-family.conflist": conflistSample(),
  "two-families-grown.conflist": grown,
  "ipv6-only.conflist": conflistSample({ subnets: [toPrefix("fd00:10:244:7::/64")] }),
  "closed.conflist": { ...grown, closed: [4, 6] },
  "one-family-closed.conflist": { ...grown, closed: [4] },
  "plain.conflist": conflistSample({ hairpin: false, portMap: false }),
  "bandwidth.conflist": conflistSample({ bandwidth: true }),
};

for (const [name, conflist] of Object.entries(golden)) {
  test(`the configuration reads as in testdata/${name}`, (t) => {
    t.assert.fileSnapshot(renderConflist(conflist), join(import.meta.dirname, "testdata", name), { serializers: [String] });
  });
}

function subnet(family: Family, longest: number): fc.Arbitrary<Prefix> {
  return fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(longest + 2)) - 1n }), fc.integer({ min: 1, max: longest }))
    .map(([value, length]) => prefixAround({ family, value }, length));
}

const conflists: fc.Arbitrary<Conflist> = fc
  .record(
    {
      bridge: fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/),
      hairpin: fc.boolean(),
      portMap: fc.boolean(),
      bandwidth: fc.boolean(),
      mtu: fc.integer({ min: 576, max: 65535 }),
      subnets: fc
        .tuple(fc.array(subnet(4, 30), { maxLength: 4 }), fc.array(subnet(6, 126), { maxLength: 4 }))
        .map(([v4, v6]) => [...v4, ...v6])
        .filter((subnets) => subnets.length > 0),
      closed: fc.subarray([4 as const, 6 as const]),
    },
    { noNullPrototype: true },
  )
  .map((conflist) => ({
    ...conflist,
    closed: conflist.closed.filter((family) => conflist.subnets.some((one) => one.family === family)),
  }));

test("what is rendered parses back to the same settings", () => {
  fc.assert(fc.property(conflists, (conflist) => assert.deepEqual(parseConflist(renderConflist(conflist)), conflist)));
});

test("a new pod gets an address of a family that is not closed", () => {
  assert.deepEqual(openSubnets({ ...grown, closed: [4] }), [toPrefix("fd00:10:244:7::/64")]);
  assert.deepEqual(openSubnets(grown), grown.subnets);
});

test("only plugins of the fixed list are named", () => {
  fc.assert(
    fc.property(conflists, (conflist) => {
      const types = [...renderConflist(conflist).matchAll(/"type": "([^"]*)"/g)].map((match) => match[1] ?? "");
      assert.deepEqual(
        types.filter((type) => !pluginNames.some((name) => name === type)),
        [],
      );
    }),
  );
});

/** Changes one place of a text that must stand in it. */
function replaced(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `${from} stands in the text`);
  return text.replace(from, to);
}

test("a configuration that is not exactly ours is not taken for ours", () => {
  const ours = renderConflist(grown);
  const others = [
    "",
    "not JSON",
    "null",
    "[]",
    "{}",
    ours.slice(0, -20),
    replaced(ours, '"podnet"', '"cbr0"'),
    replaced(ours, '"1.0.0"', '"0.3.1"'),
    replaced(ours, '"isGateway": false', '"isGateway": true'),
    replaced(ours, '"type": "bridge"', '"type": "../../x"'),
    replaced(ours, "10.244.7.0/24", "10.244.7.0/32"),
    replaced(ours, "10.244.7.0/24", "10.244.7.0/20"),
    replaced(ours, '"10.244.7.1"', '"10.244.7.2"'),
    replaced(ours, '"type": "portmap"', '"type": "portmap", "extra": 1'),
  ];
  for (const text of others) assert.equal(parseConflist(text), undefined, text);
});

test("other spaces do not make a configuration of ours foreign", () => {
  const dense = JSON.stringify(JSON.parse(renderConflist(grown)));
  assert.deepEqual(parseConflist(dense), grown);
});

test("any text parses or is refused, but nothing throws", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.equal(parseConflist(text), undefined)));
});

test("what is nested too deep, too long, or of another type where a prefix belongs is none of ours", () => {
  const text = renderConflist(conflistSample());
  const withSubnet = (subnet: string) => text.replace('"10.244.1.0/24"', subnet);
  assert.ok(parseConflist(withSubnet('"10.244.1.0/24"')) !== undefined);
  for (const depth of [3, 60_000]) assert.equal(parseConflist(withSubnet("[".repeat(depth) + "]".repeat(depth))), undefined);
  assert.equal(parseConflist(`${text}${" ".repeat(300_000)}`), undefined);
});

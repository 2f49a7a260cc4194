import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { renderPrefix, subnetAt, toPrefix } from "../lib/net/prefix.ts";
import { podNetworkOf, rangeOf } from "../test/support/network-sample.ts";
import { renderIssue } from "./issue.ts";
import { indexRanges, validateAgainst, validatePodNetwork } from "./validate.ts";

const network = podNetworkOf;
const standing = network("default", ["10.244.0.0/16", "fd00:10:244::/48"]);

test("an overlap names both ranges, the other network, the place in it, and the remedy", () => {
  assert.deepEqual(validateAgainst(network("lab", ["10.244.0.0/15"]), indexRanges([standing])).map(renderIssue), [
    "spec.ranges[0].cidr: 10.244.0.0/15 overlaps 10.244.0.0/16 of PodNetwork/default (spec.ranges[0]); choose a range that is free, or remove that one first",
  ]);
});

test("every overlap is named, with every network, in either family", () => {
  const candidate = network("lab", ["10.0.0.0/8", "10.64.0.0/16", "fd00:10::/32"]);
  const others = [standing, network("edge", ["10.1.0.0/16", "192.168.64.0/20"])];
  assert.deepEqual(
    validateAgainst(candidate, indexRanges(others)).map(({ path, message }) => `${path} ${message.split(";")[0]}`),
    [
      "spec.ranges[0].cidr 10.0.0.0/8 overlaps 10.244.0.0/16 of PodNetwork/default (spec.ranges[0])",
      "spec.ranges[0].cidr 10.0.0.0/8 overlaps 10.1.0.0/16 of PodNetwork/edge (spec.ranges[0])",
      "spec.ranges[2].cidr fd00:10::/32 overlaps fd00:10:244::/48 of PodNetwork/default (spec.ranges[1])",
    ],
  );
});

test("a network does not overlap itself, whichever state of it is in the list", () => {
  assert.deepEqual(validateAgainst(network("default", ["10.244.0.0/15"]), indexRanges([standing])), []);
});

test("ranges that only touch do not overlap", () => {
  assert.deepEqual(
    validateAgainst(network("lab", ["10.245.0.0/16", "10.240.0.0/14", "fd00:10:245::/48"]), indexRanges([standing])),
    [],
  );
});

test("an update is judged by the ranges it adds, so that the loser of a race can be shrunk", () => {
  const loser = network("lab", ["10.244.0.0/17", "10.3.0.0/16", "10.4.0.0/16"]);
  const update = (cidrs: readonly string[]) =>
    validateAgainst(network("lab", cidrs), indexRanges([standing]), loser).map(({ path }) => path);
  assert.deepEqual(update(["10.244.0.0/17", "10.3.0.0/16"]), []);
  assert.deepEqual(update(["10.5.0.0/16", "10.244.0.0/17"]), []);
  assert.deepEqual(update(["10.3.0.0/16", "10.244.128.0/17"]), ["spec.ranges[1].cidr"]);
});

test("a wrong range of another network hides none of its right ones", () => {
  const broken = network("broken", ["pods", "10.9.0.0/16"]);
  assert.equal(validateAgainst(network("lab", ["10.9.8.0/24"]), indexRanges([broken])).length, 1);
});

test("two networks overlap exactly when they share a block", () => {
  const blocks = fc.record({ bits: fc.integer({ min: 0, max: 4 }), at: fc.nat(15) }).map(({ bits, at }) => {
    const length = 16 + bits;
    const index = BigInt(at >> (4 - bits));
    return {
      cidr: renderPrefix(subnetAt(toPrefix("10.244.0.0/16"), length, index)),
      from: Number(index) << (4 - bits),
      size: 1 << (4 - bits),
    };
  });
  fc.assert(
    fc.property(blocks, blocks, (a, b) => {
      const shared = Array.from({ length: 16 }, (_, at) => at).some(
        (at) => at >= a.from && at < a.from + a.size && at >= b.from && at < b.from + b.size,
      );
      assert.equal(validateAgainst(network("a", [a.cidr]), indexRanges([network("b", [b.cidr])])).length, shared ? 1 : 0);
    }),
  );
});

test("what was wrong before and is unchanged is not named again, also where it moved in the list", () => {
  const stored = network("default", ["127.0.0.0/8", "10.244.0.0/16", "10.244.7.0/24"], { reserved: [{ cidr: "10.9.0.0/24" }] });
  assert.equal(validatePodNetwork(stored).length, 3);
  assert.deepEqual(validatePodNetwork(stored, stored), []);
  const shrunk = network("default", ["10.244.0.0/16", "127.0.0.0/8", "10.244.7.0/24"]);
  assert.deepEqual(validatePodNetwork(shrunk, stored), []);
  const worse = network("default", ["127.0.0.0/8", "10.244.0.0/16", "10.244.7.0/24", "224.0.0.0/8"]);
  assert.deepEqual(
    validatePodNetwork(worse, stored).map(({ path, code }) => [path, code]),
    [["spec.ranges[3].cidr", "NotUnicast"]],
  );
});

test("an issue of each rule reads as a sentence with a remedy", () => {
  const wrong = network("default", ["10.244.0.0/16", "10.244.7.0/24", "fd00::/40"], {
    reserved: [{ cidr: "10.9.0.0/24" }, { cidr: "10.244.200.0/24" }],
    staticSubnets: [
      { node: "edge-1", cidr: "10.244.200.0/24" },
      { node: "edge-1", cidr: "10.9.0.0/25" },
      { node: "edge-1", cidr: "10.244.201.0/25" },
    ],
    growth: { maxSubnetsPerNode: 2, addBelowFreeIPs: 16 },
    rollout: { maxUnavailableNodes: "0%", paused: false },
    mtu: { mode: "Fixed", value: 1000 },
    nodeSelector: { matchExpressions: [{ key: "a", operator: "In" }] },
  });
  assert.deepEqual(validatePodNetwork(wrong).map(renderIssue), [
    "spec.ranges[2].nodePrefixLength: length /64 cuts fd00::/40 into more than 65536 node subnets; use 56 or less",
    "spec.ranges[1].cidr: 10.244.7.0/24 overlaps 10.244.0.0/16 of the same network; keep the larger one or make them disjoint",
    'spec.reserved[0].cidr: "10.9.0.0/24" lies in no range of this network (10.244.0.0/16, 10.244.7.0/24, fd00::/40); remove it or correct it',
    "spec.staticSubnets[0].cidr: 10.244.200.0/24 touches the reserved prefix 10.244.200.0/24; remove one of the two",
    "spec.staticSubnets[1].cidr: 10.9.0.0/25 touches the reserved prefix 10.9.0.0/24; remove one of the two",
    'spec.staticSubnets[1].cidr: "10.9.0.0/25" lies in no range of this network (10.244.0.0/16, 10.244.7.0/24, fd00::/40); remove it or correct it',
    "spec.staticSubnets[2].cidr: 10.244.201.0/25 is not of length /24, as every node subnet of 10.244.0.0/16; correct its length",
    'spec.staticSubnets[2].node: "edge-1" has 3 static IPv4 subnets, growth.maxSubnetsPerNode is 2; remove one or raise it',
    'spec.rollout.maxUnavailableNodes: "0%" is neither a number of nodes (1 to 100000) nor a share of them (1% to 100%); write e.g. 3 or 10%',
    "spec.mtu.value: an MTU of 1000 does not carry IPv6, which needs 1280 (RFC 8200, 5); use 1280 or more, or no IPv6 range",
    "spec.nodeSelector.matchExpressions[0]: In and NotIn need values, Exists and DoesNotExist take none; correct values or operator",
  ]);
});

test("of a range that is too small for any node subnet that is said, and not two lengths that are as wrong", () => {
  for (const [cidr, lengths, longest] of [
    ["10.244.0.0/31", [30, 31, 64], 30],
    ["2001:db8::/127", [24, 126], 126],
  ] as const)
    for (const nodePrefixLength of lengths)
      assert.deepEqual(
        validatePodNetwork(network("default", [], { ranges: [rangeOf(cidr, { nodePrefixLength })] })).map(renderIssue),
        [
          `spec.ranges[0].cidr: ${cidr} is too small for a node subnet with addresses for pods; use a range of length ${longest} or less`,
        ],
      );
});

test("a range's other length of subnets is refused with the two changes that bring it about, whether anybody uses the range or not", () => {
  const longer = { cidr: "10.244.0.0/16", nodePrefixLength: 25, state: "Active" } as const;
  assert.deepEqual(
    validatePodNetwork(network("default", [], { ranges: [longer] }), network("default", ["10.244.0.0/16"])).map(renderIssue),
    [
      "spec.ranges[0].nodePrefixLength: 24 cannot become 25 in one change, since all node subnets of 10.244.0.0/16 are of one length; put it back, or remove the range in one change and add it with the new length in the next",
    ],
  );
});

test("rules never throw, whatever text stands for a prefix", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("10.0.0.1/8", "::/0", "fd00::1/48", "0.0.0.0/0", "10.0.0.0/8"));
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 126 }), (a, b, nodePrefixLength) => {
      const ranges = [a, b].map((cidr) => rangeOf(cidr, { nodePrefixLength }));
      const staticSubnets = [a, b].map((cidr) => ({ node: "edge-1", cidr }));
      const rollout = { maxUnavailableNodes: a, paused: false };
      const candidate = network("default", [], { ranges, reserved: [{ cidr: b }], staticSubnets, rollout });
      assert.ok(
        Array.isArray([...validatePodNetwork(candidate), ...validateAgainst(candidate, indexRanges([network("o", [a, b])]))]),
      );
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderIssue } from "../../crds/issue.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, PodNetworkRange, PodNetworkSpec } from "../../crds/types.ts";
import { claimOf, nodeNetworkOf, podNetworkOf, rangeOf } from "../../test/support/network-sample.ts";
import { changeOf } from "./change.ts";
import { drainIssues } from "./review-drain.ts";
import { removalIssues } from "./review-removal.ts";
import { reservedUseIssues, staticUseIssues } from "./review-subnets.ts";
import { usesOf } from "./use.ts";

const heldAt = "2026-11-24T12:00:00Z";

interface World {
  readonly old: PodNetwork;
  readonly next: PodNetwork;
  readonly claims: readonly NodeSubnet[];
  readonly records?: readonly NodeNetwork[];
}

function verdict({ old, next, claims, records = [] }: World): string[] {
  const change = changeOf(next, old);
  const uses = usesOf(claims);
  return [
    ...removalIssues(change.removedRanges, uses, { items: records }),
    ...drainIssues(change.drainedRanges, next.spec, { uses, claims, aside: [] }),
    ...reservedUseIssues(change.addedReserved, uses),
    ...staticUseIssues(change, next.spec, uses),
  ].map(renderIssue);
}

function network(ranges: readonly (string | PodNetworkRange)[], part: Partial<PodNetworkSpec> = {}): PodNetwork {
  const all = ranges.map((range) => (typeof range === "string" ? rangeOf(range) : range));
  return podNetworkOf("default", [], { ranges: all, ...part });
}

const draining = (cidr: string, nodePrefixLength = 24) => rangeOf(cidr, { state: "Draining", nodePrefixLength });
const two = network(["10.244.0.0/16", "10.245.0.0/16"]);
const nodes = (count: number, cidr = (n: number) => `10.244.${n}.0/24`) =>
  Array.from({ length: count }, (_, index) => claimOf(`node-${index + 1}`, cidr(index + 1)));

test("a range in use is not removed; the message names nodes with their pods and the remedy", () => {
  const claims = [...nodes(2), claimOf("node-3", "10.244.3.0/24", { state: "Held", heldAt }), claimOf("node-2", "10.244.9.0/24")];
  const subnets = [
    { cidr: "10.244.2.0/24", leases: 12, free: 1 },
    { cidr: "10.244.9.0/24", leases: 5, free: 1 },
  ];
  assert.deepEqual(
    verdict({ old: two, next: network(["10.245.0.0/16"]), claims, records: [nodeNetworkOf("node-2", { subnets })] }),
    [
      "spec.ranges: 10.244.0.0/16 cannot be removed while 3 nodes have subnets in it: node-2 (17 pods), node-1 (pods unknown), node-3 (left, resting); put it back with state: Draining, and remove it when kubectl get nodesubnets shows none",
    ],
  );
});

test("the remedy fits a range that is drained already, and one that only rests", () => {
  const old = network([draining("10.244.0.0/16"), "10.245.0.0/16"]);
  const next = network(["10.245.0.0/16"]);
  assert.match(verdict({ old, next, claims: nodes(1) })[0] ?? "", /put it back, and remove it when it is drained/);
  const claims = [claimOf("node-1", "10.244.1.0/24", { state: "Held", heldAt })];
  assert.match(verdict({ old: two, next, claims })[0] ?? "", /while 1 node has subnets in it.*remove it when their hold is over/);
});

test("a range is removed when nothing but Pending claims lie in it", () => {
  const claims = [claimOf("node-1", "10.244.1.0/24", { state: "Pending" }), claimOf("node-1", "10.245.1.0/24")];
  assert.deepEqual(verdict({ old: two, next: network(["10.245.0.0/16"]), claims }), []);
});

test("another size for a range in use is a removal of it", () => {
  assert.match(
    verdict({ old: two, next: network(["10.244.0.0/15"]), claims: nodes(1) })[0] ?? "",
    /10.244.0.0\/16 cannot be removed/,
  );
});

test("a range is drained only where its nodes find room, and the message says how much is missing", () => {
  const small = rangeOf("10.245.0.0/22");
  const old = network(["10.244.0.0/16", small]);
  const next = (part: Partial<PodNetworkSpec> = {}) => network([draining("10.244.0.0/16"), small], part);
  assert.deepEqual(verdict({ old, next: next(), claims: nodes(4) }), []);
  assert.deepEqual(verdict({ old, next: next(), claims: nodes(6) }), [
    "spec.ranges[0].state: 6 nodes would have to move off 10.244.0.0/16, but the Active IPv4 ranges have room for 4: 2 node subnets missing; append a range in the same change, or first",
  ]);
  const reserved = [{ cidr: "10.245.1.7/32" }];
  assert.match(verdict({ old, next: next({ reserved }), claims: nodes(4) })[0] ?? "", /room for 3: 1 node subnet missing/);
  const taken = [...nodes(4), claimOf("node-9", "10.245.2.0/24", { state: "Pending" })];
  assert.match(verdict({ old, next: next(), claims: taken })[0] ?? "", /room for 3: 1 node subnet missing/);
});

test("a node that has a subnet elsewhere, or one set aside for it, needs no room", () => {
  const small = rangeOf("10.245.0.0/23");
  const old = network(["10.244.0.0/16", small]);
  const next = (part: Partial<PodNetworkSpec> = {}) => network([draining("10.244.0.0/16"), small], part);
  assert.deepEqual(verdict({ old, next: next(), claims: [...nodes(2), claimOf("node-2", "10.245.0.0/24")] }), []);
  const staticSubnets = [{ node: "node-1", cidr: "10.245.0.0/24" }];
  assert.deepEqual(verdict({ old, next: next({ staticSubnets }), claims: nodes(2) }), []);
  const foreign = [{ node: "edge-1", cidr: "10.245.0.0/24" }];
  assert.match(
    verdict({ old, next: next({ staticSubnets: foreign }), claims: nodes(2) })[0] ?? "",
    /room for 1: 1 node subnet missing/,
  );
});

test("room of the other family is none, and an unused range is drained freely", () => {
  const old = network(["10.244.0.0/16", "fd00:10:244::/48"]);
  const next = network([draining("10.244.0.0/16"), "fd00:10:244::/48"]);
  assert.match(
    verdict({ old, next, claims: nodes(1) })[0] ?? "",
    /the Active IPv4 ranges have room for 0: 1 node subnet missing/,
  );
  assert.deepEqual(verdict({ old, next, claims: [claimOf("node-1", "fd00:10:244:1::/64")] }), []);
  assert.deepEqual(verdict({ old, next, claims: [claimOf("node-1", "10.244.1.0/24", { state: "Held", heldAt })] }), []);
});

test("two ranges drained one after the other want the same room", () => {
  const target = rangeOf("10.246.0.0/23");
  const old = network([draining("10.244.0.0/16"), "10.245.0.0/16", target]);
  const next = network([draining("10.244.0.0/16"), draining("10.245.0.0/16"), target]);
  const claims = [...nodes(1), claimOf("node-8", "10.245.8.0/24")];
  assert.deepEqual(verdict({ old, next, claims }), []);
  assert.match(verdict({ old, next, claims: [...claims, claimOf("node-9", "10.245.9.0/24")] })[0] ?? "", /3 nodes .* room for 2/);
  assert.deepEqual(verdict({ old: next, next, claims: [...claims, claimOf("node-9", "10.245.9.0/24")] }), []);
});

test("nothing is reserved that a node uses", () => {
  const next = network(["10.244.0.0/16", "10.245.0.0/16"], {
    reserved: [{ cidr: "10.245.0.0/16" }, { cidr: "10.244.2.128/25" }],
  });
  assert.deepEqual(verdict({ old: two, next, claims: nodes(3) }), [
    "spec.reserved[1].cidr: 10.244.2.128/25 touches subnets in use: 10.244.2.0/24 of node-2; reserve what no node has, or wait until kubectl get nodesubnets shows none of them",
  ]);
  assert.deepEqual(verdict({ old: next, next, claims: nodes(3) }), []);
});

test("no static subnet is another node's", () => {
  const next = network(["10.244.0.0/16", "10.245.0.0/16"], {
    staticSubnets: [
      { node: "node-1", cidr: "10.244.1.0/24" },
      { node: "edge-1", cidr: "10.244.2.0/24" },
      { node: "edge-1", cidr: "10.244.3.0/24" },
    ],
  });
  const claims = [...nodes(2), claimOf("node-3", "10.244.3.0/24", { state: "Held", heldAt })];
  assert.deepEqual(verdict({ old: two, next, claims }), [
    "spec.staticSubnets[1].cidr: 10.244.2.0/24 is in use by node-2; choose one that is free, or one that edge-1 has already",
    "spec.staticSubnets[2].cidr: 10.244.3.0/24 is still held for node-3; choose one that is free, or wait until its hold is over",
  ]);
  assert.deepEqual(verdict({ old: next, next, claims }), []);
});

test("a node does not change a static subnet that it uses, unless it has to leave that anyway", () => {
  const pinned = (cidr: string, ranges: readonly (string | PodNetworkRange)[] = ["10.244.0.0/16", "10.245.0.0/16"]) =>
    network(ranges, { staticSubnets: [{ node: "node-1", cidr }] });
  const old = pinned("10.244.1.0/24");
  const next = pinned("10.245.1.0/24");
  assert.deepEqual(verdict({ old, next, claims: nodes(1) }), [
    "spec.staticSubnets[0].cidr: node-1 uses 10.244.1.0/24 and cannot change it for 10.245.1.0/24; keep 10.244.1.0/24 and add 10.245.1.0/24 beside it, or drain the range of 10.244.1.0/24",
  ]);
  assert.deepEqual(verdict({ old, next, claims: [] }), []);
  assert.deepEqual(verdict({ old, next: two, claims: nodes(1) }), []);
  const drained = pinned("10.245.1.0/24", [draining("10.244.0.0/16"), "10.245.0.0/16"]);
  assert.deepEqual(verdict({ old, next: drained, claims: nodes(1) }), []);
});

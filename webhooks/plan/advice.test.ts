import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetwork, RangeLedgerEntry } from "../../crds/types.ts";
import { entryOf, ledgerOf, podNetworkOf, rangeOf } from "../../test/support/network-sample.ts";
import { capacityWarnings, publicWarnings, waitingWarnings } from "./advice.ts";
import { changeOf } from "./change.ts";

test("new ranges are told by what they have room for", () => {
  const ranges = [
    rangeOf("10.244.0.0/16"),
    rangeOf("fd00:10:244::/48"),
    rangeOf("10.9.0.0/24", { nodePrefixLength: 30 }),
    rangeOf("fd00:9::/112", { nodePrefixLength: 120 }),
    rangeOf("10.8.0.0/16", { state: "Draining" }),
  ];
  const { spec, ...rest } = podNetworkOf("default", [], {
    ranges,
    reserved: [{ cidr: "10.244.0.0/23" }, { cidr: "10.244.9.9/32" }],
  });
  assert.deepEqual(capacityWarnings(changeOf({ ...rest, spec }, undefined).addedRanges, spec), [
    "spec.ranges[0]: 10.244.0.0/16 has room for 253 node subnets of 253 pod addresses each; 3 more are reserved",
    "spec.ranges[1]: fd00:10:244::/48 has room for 65536 node subnets of 2^64 pod addresses each",
    "spec.ranges[2]: 10.9.0.0/24 has room for 64 node subnets of 1 pod addresses each",
    "spec.ranges[3]: fd00:9::/112 has room for 256 node subnets of 254 pod addresses each",
  ]);
});

test("an update is told of the ranges it adds only", () => {
  const next = podNetworkOf("default", ["10.245.0.0/16", "10.244.0.0/16"]);
  const { addedRanges } = changeOf(next, podNetworkOf("default", ["10.244.0.0/16"]));
  assert.deepEqual(capacityWarnings(addedRanges, next.spec), [
    "spec.ranges[0]: 10.245.0.0/16 has room for 256 node subnets of 253 pod addresses each",
  ]);
});

test("a range that others in the world may have addresses of is told by its place, one for private use is not", () => {
  const told = (cidrs: readonly string[]) => publicWarnings(changeOf(podNetworkOf("default", cidrs), undefined).addedRanges);
  const words = (path: string, cidr: string) =>
    `${path}: ${cidr} is not for private use (RFC 1918, 6598, 4193): unless these addresses are yours, pods cannot reach those who have them (docs/operations.md#ranges-that-meet-what-is-there-already)`;
  const own = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
  assert.deepEqual(told(own), []);
  for (const cidr of ["11.0.0.0/8", "172.32.0.0/16", "192.169.0.0/16", "100.128.0.0/16", "2001:db8::/48", "192.0.0.0/8"])
    assert.deepEqual(told(["10.244.0.0/16", cidr]), [words("spec.ranges[1]", cidr)]);
});

const candidate = podNetworkOf("default", ["10.244.0.0/16"]);
const waits = (entries: readonly RangeLedgerEntry[], networks: readonly PodNetwork[] = []) =>
  waitingWarnings(changeOf(candidate, undefined).addedRanges, candidate, networks, [ledgerOf(entries)]);
const gone = { network: "gone", networkUID: "uid-gone" } as const;

test("a range waits for one that is still being given up, and the warning says whose", () => {
  assert.deepEqual(waits([entryOf("10.244.128.0/17", { ...gone, state: "Closing" })]), [
    "spec.ranges[0]: 10.244.0.0/16 has to wait (RangeInUse) until the last subnet of 10.244.128.0/17, which PodNetwork/gone had, is released (docs/operations.md#changing-a-network)",
  ]);
  assert.equal(waits([entryOf("10.244.0.0/16", { state: "Closing" })]).length, 1, "one of its own");
  assert.equal(waits([entryOf("10.244.0.0/16", { networkUID: "uid-of-before" })]).length, 1, "one of a namesake");
  assert.equal(waits([entryOf("10.0.0.0/8", gone)]).length, 1, "one not closed yet, whose network is gone");
});

test("a range waits for none that is disjoint, its own, or refused anyway since its network stands", () => {
  assert.deepEqual(waits([entryOf("10.245.0.0/16", { ...gone, state: "Closing" }), entryOf("fd00::/48", gone)]), []);
  assert.deepEqual(waits([entryOf("10.244.0.0/16")]), []);
  assert.deepEqual(waits([entryOf("10.244.0.0/17", gone)], [podNetworkOf("gone", ["10.244.0.0/17"])]), []);
  assert.equal(waits([entryOf("10.244.0.0/17", gone)], [podNetworkOf("gone", ["10.9.0.0/16"])]).length, 1);
});

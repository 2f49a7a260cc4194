import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetworkSpec } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import { claimOf, podNetworkOf, rangeOf } from "../../test/support/network-sample.ts";
import { changesOutlook, type OutlookWorld, outlookWarnings } from "./outlook.ts";

const nodes = ["node-1", "node-2", "node-3"].map((name): Node => ({ metadata: { name, labels: { pool: name } } }));

function said(
  spec: Partial<PodNetworkSpec> = {},
  world: Partial<OutlookWorld> = {},
  cidrs: readonly string[] = ["10.244.0.0/16"],
): string[] {
  return outlookWarnings(podNetworkOf("default", cidrs, spec), { networks: [], claims: [], nodes, aside: [], ...world });
}

test("a new network says how many nodes get a subnet, and what is left of each family", () => {
  assert.deepEqual(said(), ["3 nodes get a subnet; 253 of 256 IPv4 node subnets are left"]);
  assert.deepEqual(said({}, {}, ["10.244.0.0/16", "fd00:10:244::/56"]), [
    "3 nodes get a subnet; 253 of 256 IPv4 node subnets and 253 of 256 IPv6 node subnets are left",
  ]);
  assert.deepEqual(said({ nodeSelector: { matchLabels: { pool: "node-2" } } }), [
    "1 node gets a subnet; 255 of 256 IPv4 node subnets are left",
  ]);
  assert.deepEqual(said({ nodeSelector: { matchLabels: { pool: "x" } } }), [
    "no node gets a subnet; 256 of 256 IPv4 node subnets are left",
  ]);
});

test("nodes that have theirs, that are another network's, or that go are not counted", () => {
  const claims = [
    claimOf("node-1", "10.244.1.0/24"),
    claimOf("node-2", "10.9.0.0/24", { network: "other", networkUID: "uid-other" }),
  ];
  assert.deepEqual(said({}, { claims }), ["1 node gets a subnet; 254 of 256 IPv4 node subnets are left"]);
  const held = [claimOf("node-1", "10.244.1.0/24", { state: "Held" })];
  assert.deepEqual(said({}, { claims: held }), ["3 nodes get a subnet; 252 of 256 IPv4 node subnets are left"]);
  const higher = podNetworkOf("higher", ["10.9.0.0/16"], { priority: 1, nodeSelector: { matchLabels: { pool: "node-3" } } });
  assert.deepEqual(said({}, { networks: [higher] }), ["2 nodes get a subnet; 254 of 256 IPv4 node subnets are left"]);
  assert.deepEqual(said({ priority: 2 }, { networks: [higher] }), [
    "3 nodes get a subnet; 253 of 256 IPv4 node subnets are left",
  ]);
  const going = nodes.map((node) => ({ ...node, metadata: { ...node.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }));
  assert.deepEqual(said({}, { nodes: going }), ["no node gets a subnet; 256 of 256 IPv4 node subnets are left"]);
});

test("what is reserved or set aside is not left; a node that has one set aside takes none of the others", () => {
  const spec = { reserved: [{ cidr: "10.244.0.0/24" }], staticSubnets: [{ node: "node-1", cidr: "10.244.7.0/24" }] };
  assert.deepEqual(said(spec), ["3 nodes get a subnet; 252 of 256 IPv4 node subnets are left"]);
});

test("too little room is said with what is missing, and little room, too; ranges being drained are no room", () => {
  const of = (cidr: string, nodePrefixLength: number) => ({ ranges: [rangeOf(cidr, { nodePrefixLength })] });
  assert.deepEqual(said(of("10.244.0.0/23", 24)), [
    "3 nodes would need a subnet, and 1 IPv4 node subnet is missing: append a range (docs/operations.md#changing-a-network)",
  ]);
  assert.deepEqual(said({ ranges: [rangeOf("10.244.0.0/23"), rangeOf("fd00:10:244::/64")] }), [
    "3 nodes would need a subnet, and 1 IPv4 node subnet and 2 IPv6 node subnets are missing: append a range (docs/operations.md#changing-a-network)",
  ]);
  assert.deepEqual(said(of("10.244.0.0/22", 24)), ["3 nodes get a subnet; 1 of 4 IPv4 node subnets are left"]);
  const many = Array.from({ length: 59 }, (_, at): Node => ({ metadata: { name: `n-${at}` } }));
  assert.deepEqual(said(of("10.244.0.0/18", 24), { nodes: many }), [
    "59 nodes get a subnet; 5 of 64 IPv4 node subnets are left, less than a tenth: append a range before more nodes come (docs/operations.md#changing-a-network)",
  ]);
  assert.deepEqual(said({ ranges: [rangeOf("10.244.0.0/16", { state: "Draining" })] }), []);
});

test("a change that gives or takes no room says nothing", () => {
  const old = podNetworkOf("default", ["10.244.0.0/16"]);
  assert.equal(changesOutlook(old, undefined), true);
  assert.equal(changesOutlook({ ...old, spec: { ...old.spec, masquerade: { enabled: false } } }, old), false);
  assert.equal(changesOutlook({ ...old, spec: { ...old.spec, priority: 1 } }, old), true);
  assert.equal(changesOutlook(podNetworkOf("default", ["10.244.0.0/16", "10.245.0.0/16"]), old), true);
});

test("a range that cannot be cut into its subnets is no room", () => {
  const ranges = [rangeOf("10.244.0.0/16"), { ...rangeOf("10.245.0.0/24"), nodePrefixLength: 120 }];
  assert.deepEqual(said({ ranges }), said());
});

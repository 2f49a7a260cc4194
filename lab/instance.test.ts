import assert from "node:assert/strict";
import { test } from "node:test";
import { addressesOf, instanceNameFault, nodesOf, numberedAddress, reaches, threeNodes, twoSegments } from "./instance.ts";

test("node N of three has the addresses ending in 1N, and the segment's first address as its way out", () => {
  const nodes = nodesOf(threeNodes("demo")).map((node) => [node.name, ...addressesOf(node), ...node.gateways]);
  assert.deepEqual(nodes, [
    ["node-1", "192.168.1.11", "fd00:192:168:1::11", "192.168.1.1", "fd00:192:168:1::1"],
    ["node-2", "192.168.1.12", "fd00:192:168:1::12", "192.168.1.1", "fd00:192:168:1::1"],
    ["node-3", "192.168.1.13", "fd00:192:168:1::13", "192.168.1.1", "fd00:192:168:1::1"],
  ]);
});

test("with two segments the third node is behind the router, which is on all of them", () => {
  const { hosts } = twoSegments("two");
  const places = Object.fromEntries(hosts.map(({ name, attachments }) => [name, attachments.map(({ segment }) => segment)]));
  assert.deepEqual(places, {
    router: ["lan-1", "lan-2", "world"],
    outside: ["world"],
    "control-plane": ["lan-1"],
    "node-1": ["lan-1"],
    "node-2": ["lan-1"],
    "node-3": ["lan-2"],
  });
});

test("an address is numbered inside a prefix of either family", () => {
  assert.equal(numberedAddress("10.96.0.0/16", 1), "10.96.0.1");
  assert.equal(numberedAddress("fd00:10:96::/112", 10), "fd00:10:96::10");
});

test("a level reaches itself and what is below it", () => {
  assert.ok(reaches("everything", "hosts"));
  assert.ok(reaches("control-plane", "control-plane"));
  assert.ok(!reaches("control-plane", "nodes-without-kubelets"));
});

test("names that cannot be part of a namespace's name are refused", () => {
  for (const name of ["demo", "test-a1", "a", "a".repeat(30)]) assert.equal(instanceNameFault(name), undefined);
  for (const name of ["", "Demo", "1a", "a-", "a/b", "../a", "a".repeat(31)]) {
    assert.match(instanceNameFault(name) ?? "", /choose another with --name/, name);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NextHop } from "../../lib/linux/next-hop.ts";
import { neighborsAsked, shortOfNeighbors } from "./neighbor-room.ts";
import type { NodeFacts } from "./node-facts.ts";

const onLink = { reach: "OnLink", device: "eth0", mtu: 1500 } as const;
const facts: NodeFacts = {
  uplinks: [],
  nextHops: new Map<string, NextHop>([
    ["192.168.1.12", onLink],
    ["192.168.1.13", onLink],
    ["fd00::12", onLink],
    ["10.9.0.1", { ...onLink, reach: "ViaGateway", gateway: "192.168.1.254" }],
  ]),
  bridgeNetfilter: true,
  acceptingRa: [],
};
const direct = (via: string) => ({ route: { prefix: "10.244.2.0/24", via, device: "eth0" }, mtu: 1500 });
const tunnelled = (to: string) => ({
  ...direct("10.244.3.1"),
  neighbor: { device: "podnet-vxlan4", address: "10.244.3.1", mac: "02:00:00:00:00:03" },
  entry: { device: "podnet-vxlan4", mac: "02:00:00:00:00:03", to },
});

test("each node on the link is asked for once, be it a next hop or the end of a tunnel; one behind a router is not", () => {
  const paths = [
    direct("192.168.1.12"),
    direct("192.168.1.12"),
    direct("fd00::12"),
    tunnelled("192.168.1.13"),
    tunnelled("10.9.0.1"),
  ];
  assert.deepEqual(neighborsAsked(paths, facts), { 4: 2, 6: 1 });
});

test("a limit below the number of nodes is named with a larger one; one that is enough, or not known, is not", () => {
  const short = (asked: number, limit: number) => shortOfNeighbors({ 4: 0, 6: asked }, new Map([[6, limit]]));
  assert.deepEqual(short(1024, 1024), []);
  assert.deepEqual(short(1025, 1024), [
    "more than 1024 other nodes are on this node's links, and its kernel keeps no more IPv6 neighbors than that: " +
      'packets get lost while so many are talked to; run "sysctl -w net.ipv6.neigh.default.gc_thresh3=4096", and have it done at boot',
  ]);
  assert.deepEqual(short(1026, 1024), short(1025, 1024), "one node more is no news");
  assert.match(short(5000, 4096)[0] ?? "", /gc_thresh3=16384"/);
  assert.deepEqual(shortOfNeighbors({ 4: 5000, 6: 0 }, new Map()), []);
});

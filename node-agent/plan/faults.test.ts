import assert from "node:assert/strict";
import { test } from "node:test";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import { joined, ownFaults, pluginFaults, unguarded, unroutedPeers } from "./faults.ts";
import type { PeerClaim } from "./routes.ts";

const peers: readonly PeerClaim[] = [
  {
    node: "node-3",
    prefix: "10.244.3.0/24",
    path: { route: { prefix: "10.244.3.0/24", via: "192.168.1.13", device: "eth0" }, mtu: 1500 },
  },
  {
    node: "node-2",
    prefix: "10.244.2.0/24",
    path: { route: { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" }, mtu: 1500 },
  },
];

function failed(kind: string, key: string, message = "no"): KindOutcome {
  return { kind, steps: [], errors: [{ op: "add", kind, key, message }] };
}

test("a peer's route that cannot be written is no fault of the node, a stale one that cannot be removed is", () => {
  const outcomes = [failed("route", "10.244.2.0/24"), failed("route", "10.244.99.0/24")];
  assert.deepEqual(ownFaults(outcomes, peers), [{ reason: "RouteFailed", message: "route 10.244.99.0/24: no" }]);
});

test("whatever else fails or cannot be seen is a fault of the node", () => {
  const outcomes: KindOutcome[] = [
    failed("address", "cni0 10.244.1.1"),
    { kind: "table", steps: [], errors: [], unseen: "no nft" },
  ];
  assert.deepEqual(
    ownFaults(outcomes, peers).map(({ reason }) => reason),
    ["AddressFailed", "TableUnseen"],
  );
});

test("what becomes of one pod's port is no fault of the node", () => {
  const unseen: KindOutcome = { kind: "port", steps: [], errors: [], unseen: "no notes" };
  assert.deepEqual(ownFaults([failed("port", "veth1"), unseen], peers), []);
});

test("only a plugin that is missing is a fault; a foreign one does its work", () => {
  const faults = pluginFaults([
    { name: "bridge", outcome: "foreign", message: "theirs" },
    { name: "portmap", outcome: "missing", message: "gone" },
  ]);
  assert.deepEqual(faults, [{ reason: "PluginMissing", message: "gone" }]);
});

test("peers without a route are named once each, in the order of their names", () => {
  const outcomes = [failed("route", "10.244.2.0/24"), failed("route", "10.244.3.0/24")];
  assert.deepEqual(
    unroutedPeers([...peers, ...peers], outcomes).map(({ node }) => node),
    ["node-2", "node-3"],
  );
});

test("many messages become a short text", () => {
  assert.equal(joined(["a", "b"]), "a; b");
  assert.equal(joined(["a", "b", "c"], 2), "a; b; and 1 more");
});

test("a kernel without nftables of bridges costs a guard and nothing else", () => {
  const refused = "Error: Could not process rule: Operation not supported";
  const outcomes = [failed("table", "bridge podnet", refused)];
  assert.deepEqual(ownFaults(outcomes, peers), []);
  assert.match(unguarded(outcomes)[0] ?? "", /^a pod can claim to be the gateway, .*CONFIG_NF_TABLES_BRIDGE$/);
  assert.deepEqual(unguarded([failed("table", "inet podnet")]), []);
  assert.match(
    unguarded([failed("table", "bridge podnet", "it took too long")])[0] ?? "",
    /could not be written \(it took too long\)/,
  );
  assert.deepEqual(
    ownFaults([failed("table", "inet podnet")], peers).map(({ reason }) => reason),
    ["TableFailed"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork } from "../../crds/types.ts";
import { claim, network, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { allocate } from "./allocate.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { standingEvents } from "./standing-events.ts";

/** e.g. `"Node/node-1 NodeUnselected: no spec.nodeSelector …"`. */
function told(snapshot: Snapshot): string[] {
  return standingEvents(snapshot, allocate(snapshot)).map(
    ({ regarding: { kind, name, uid }, reason, note }) => `${kind}/${name} ${uid} ${reason}: ${note}`,
  );
}

/** The NodeNetwork of a node that was told nothing, whose agent says what it has. */
function reporting(owner: NodeFacts, ...cidrs: string[]): NodeRecord {
  const spec: NodeNetwork["spec"] = {
    network: "default",
    networkUID: "uid-default",
    nodeUID: owner.uid,
    incarnation: "first",
    configGeneration: 1,
    subnets: [],
    nodeAddresses: [],
    podRanges: [],
    growth: { addBelowFreeIPs: 16 },
    mtu: { mode: "Auto" },
    masquerade: { enabled: true },
    cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
  };
  const status = { nodeUID: owner.uid, subnets: cidrs.map((cidr) => ({ cidr, leases: 1, free: 252 })) };
  return record({ apiVersion: "podnet.dev/v1alpha1", kind: "NodeNetwork", metadata: { name: owner.name }, spec, status });
}

const blue = network({ name: "blue", spec: { nodeSelector: { matchLabels: { pool: "blue" } } } });
const [one, two, three] = [node("node-1"), node("node-2"), node("node-3", { labels: { pool: "blue" } })];

test("a node that no network selects is told so on its Node, and what would help", () => {
  assert.deepEqual(told(withLedger({ networks: [blue], nodes: [one, three] })), [
    "Node/node-1 uid-node-1 NodeUnselected: no spec.nodeSelector matches it, so it gets no subnet (PodNetwork/blue); label the Node, or create a PodNetwork for it",
  ]);
});

test("a node that only a network selects which is deleted, or has an invalid spec, is told so, and nothing of labels", () => {
  const leaving = network({ name: "leaving", meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const broken = network({ name: "broken", spec: { ranges: [{ cidr: "nonsense", nodePrefixLength: 24 }] } });
  const why = "no PodNetwork that selects it takes new nodes, so it gets no subnet;";
  const wait = "is being deleted: wait until it is gone, then apply it again or create another one for the Node";
  assert.deepEqual(told(withLedger({ networks: [leaving, blue], nodes: [one] })), [
    `Node/node-1 uid-node-1 NodeUnserved: ${why} PodNetwork/leaving ${wait}`,
  ]);
  assert.deepEqual(told(withLedger({ networks: [broken, blue], nodes: [one] })), [
    `Node/node-1 uid-node-1 NodeUnserved: ${why} PodNetwork/broken has an invalid spec: correct it as its condition Accepted says`,
  ]);
});

test("nodes that keep their subnets though nothing selects them any more are not called unselected, nor is any before the first network", () => {
  assert.deepEqual(told(withLedger({ networks: [blue], nodes: [one], claims: [claim("10.244.0.0/24", one, blue)] })), []);
  assert.deepEqual(told(withLedger({ nodes: [one, two] })), []);
});

test("a subnet that two nodes have and no claim gives to one of them is told on its network and on both", () => {
  const networks = [network()];
  const records = [reporting(two, "10.244.5.0/24", "10.244.6.0/24"), reporting(one, "10.244.5.0/24")];
  const note =
    "node-1, node-2 say that they have 10.244.5.0/24, and no claim says whose it is, so none of them gets it; drain and reboot all but one of them";
  const world = withLedger({ networks, nodes: [one, two], records });
  assert.deepEqual(told(world), [
    `PodNetwork/default uid-default DuplicateReport: ${note}`,
    `Node/node-1 uid-node-1 DuplicateReport: ${note}`,
    `Node/node-2 uid-node-2 DuplicateReport: ${note}`,
  ]);
  assert.ok(!allocate(world).creates.some(({ prefix }) => renderPrefix(prefix) === "10.244.5.0/24"), "neither gets it");
  assert.deepEqual(told({ ...world, claims: [claim("10.244.5.0/24", one)] }), [], "a claim decides");
});

test("of two subnets that the same nodes have, and of two addresses of one node in subnets, each is told apart from the other", () => {
  const both = ["10.244.5.0/24", "10.244.6.0/24"];
  const doubled = withLedger({
    networks: [network()],
    nodes: [one, two],
    records: [one, two].map((owner) => reporting(owner, ...both)),
  });
  const inside = node("node-2", { addresses: ["10.244.5.7", "10.244.6.7"] });
  const claims = both.map((cidr) => claim(cidr, one));
  const conflicting = withLedger({ networks: [network()], nodes: [one, inside], claims });
  const keys = [doubled, conflicting].map((world) =>
    standingEvents(world, allocate(world)).flatMap(({ regarding: { name }, about = "" }) => (name === "node-2" ? [about] : [])),
  );
  assert.deepEqual(keys, [both, ["10.244.5.7/32 in 10.244.5.0/24", "10.244.6.7/32 in 10.244.6.0/24"]]);
});

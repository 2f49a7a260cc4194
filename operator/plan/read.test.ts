import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, network, node, podNetwork } from "../../test/support/plan-snapshot.ts";
import { readClaim, readNetwork } from "./read.ts";

test("a node's addresses are read in canonical form: every InternalIP in the order of the Node, and all of both kinds sorted", () => {
  const read = node("node-1", {
    addresses: ["FD00::0011", "192.168.1.20", "192.168.1.3", "fd00::12", "not-an-address"],
    external: ["203.0.113.9", "192.168.1.20"],
  });
  assert.deepEqual(read.internalAddresses, ["fd00::11", "192.168.1.20", "192.168.1.3", "fd00::12"]);
  assert.deepEqual(read.allAddresses, ["192.168.1.3", "192.168.1.20", "203.0.113.9", "fd00::11", "fd00::12"]);
});

test("what a node says of its readiness is read, also silence", () => {
  const read = (...conditions: { type: string; status: "True" | "False" | "Unknown" }[]) =>
    node("node-1", { conditions }).readiness;
  assert.equal(read(), "Never");
  assert.equal(read({ type: "MemoryPressure", status: "False" }, { type: "Ready", status: "Unknown" }), "Unknown");
  assert.equal(read({ type: "Ready", status: "True" }), "True");
});

test("a PodNetwork that breaks a rule has issues and gives nothing", () => {
  const overlapping = network({
    spec: {
      ranges: [
        { cidr: "10.0.0.0/8", nodePrefixLength: 24 },
        { cidr: "10.1.0.0/16", nodePrefixLength: 24 },
      ],
    },
  });
  assert.deepEqual([overlapping.issues.map(({ code }) => code), overlapping.ranges], [["RangesOverlap"], []]);
  const { spec, ...empty } = podNetwork();
  assert.ok(spec);
  assert.ok(readNetwork(JSON.parse(JSON.stringify(empty))).issues.length > 0);
});

test("a status that only a newer version understands is no issue of the network", () => {
  const stored = { ...podNetwork(), status: JSON.parse('{"reach": {"pairs": 3}}') };
  assert.deepEqual(readNetwork(stored).issues, []);
});

test("what a newer schema filled in is passed over: the network gives as ever, and nothing of it reaches the nodes' settings", () => {
  const { spec, ...object } = podNetwork();
  const newer = { encryption: { mode: "None" } };
  const ranges = spec.ranges.map((range) => ({ ...range, ...newer }));
  const stored = { ...object, spec: { ...spec, ...newer, ranges, masquerade: { ...spec.masquerade, ...newer } } };
  assert.deepEqual(readNetwork(stored), readNetwork(podNetwork()));
  const odd = readNetwork({ ...stored, spec: { ...stored.spec, masquerade: { ...newer, enabled: false }, ranges: [] } });
  assert.deepEqual([odd.issues.length > 0, odd.object.spec.masquerade], [true, { enabled: false }]);
});

test("a claim whose cidr is no prefix is not read", () => {
  const { object } = claim("10.244.1.0/24", node("node-1"));
  assert.equal(readClaim({ ...object, spec: { ...object.spec, cidr: "10.244.1.0" } }), undefined);
});

test("a PodNetwork that another version of the schema took has what of its spec can be read, defaults for the rest, and gives nothing", () => {
  const { metadata, spec, ...object } = podNetwork();
  const read = (stored: unknown) => readNetwork({ ...object, metadata, spec: stored as typeof spec });
  const odd = read({
    ...spec,
    ranges: null,
    priority: 7,
    rollout: [],
    growth: undefined,
    adoption: { nodePodCIDR: "Sometimes" },
  });
  assert.deepEqual([odd.ranges, odd.issues.length > 0], [[], true]);
  assert.deepEqual(
    [odd.object.spec.priority, odd.object.spec.rollout, odd.object.spec.growth, odd.object.spec.adoption],
    [
      7,
      { maxUnavailableNodes: "10%", paused: false },
      { maxSubnetsPerNode: 4, addBelowFreeIPs: 16 },
      { nodePodCIDR: "IfContained" },
    ],
  );
  const long = Array.from({ length: 10_000 }, () => "priority");
  for (const stored of [null, undefined, "none", [], long, { __proto__: null }])
    assert.equal(read(stored).object.spec.release.holdSeconds, 300);
});

test("a machine id that no NodeNetwork could say counts for none", () => {
  assert.equal(node("node-1", { machineID: "x".repeat(65) }).machineID, undefined);
  assert.equal(node("node-1", { machineID: "x".repeat(64) }).machineID, "x".repeat(64));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, network, node, record } from "../../test/support/plan-snapshot.ts";
import { planWorld, type PlanWorld } from "../../test/support/plan-world.ts";
import type { NodeRecord } from "./snapshot.ts";

const programmed = { type: "NetworkUnavailable", status: "False" as const, reason: "PodnetProgrammed", message: "" };
const conditions = [programmed, { type: "Ready", status: "True" as const }];
const nodes = [1, 2, 3].map((number) => node(`node-${number}`, { conditions }));

/** node-1 has two subnets, with pods in the second one. */
function grown(): PlanWorld {
  const cidrs = ["10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24"];
  const world = planWorld({ networks: [network()], nodes, claims: nodes.map((owner, at) => claim(cidrs[at] ?? "", owner)) });
  world.pass();
  const second = { cidr: "10.244.4.0/24", state: "Active" as const };
  const { claims, records } = world.now();
  world.change({
    claims: [...claims, ...nodes.slice(0, 1).map((owner) => claim(second.cidr, owner))],
    records: records.map((one) => {
      const { spec } = one.object;
      return one.node === "node-1" ? record({ ...one.object, spec: { ...spec, subnets: [...spec.subnets, second] } }) : one;
    }),
  });
  world.rounds(12);
  world.setPods(second.cidr, 5);
  world.rounds(1);
  assert.deepEqual(world.told().slice(0, 2), ["node-1 10.244.1.0/24 Active", "node-1 10.244.4.0/24 Active"]);
  return world;
}

test("of a node's two subnets one claim is lost, and its NodeNetwork: it keeps both, whoever is heard first", () => {
  for (const silent of [["node-1"], ["node-1", "node-2"], ["node-1", "node-2", "node-3"]]) {
    const world = grown();
    const before = { claims: world.claims(), told: world.told() };
    const { claims, records } = world.now();
    world.change({
      claims: claims.filter(({ object }) => object.spec.cidr !== "10.244.4.0/24"),
      records: records.filter(({ node }) => node !== "node-1"),
    });
    for (const name of silent) world.setAgent(name, "is silent");
    world.rounds(2);
    for (const name of silent) world.setAgent(name, "runs");
    world.rounds(10);
    assert.deepEqual({ claims: world.claims(), told: world.told() }, before, silent.join());
  }
});

test("what was brought back at rest, since others missed it before its node was heard, is that node's again once its agent says that it has it", () => {
  const world = grown();
  const before = { claims: world.claims(), told: world.told() };
  const { claims, records } = world.now();
  world.change({
    claims: claims.map((one) =>
      one.object.spec.cidr === "10.244.4.0/24"
        ? claim("10.244.4.0/24", nodes[0] ?? assert.fail(), undefined, { state: "Held" })
        : one,
    ),
    records: records.map((one) => {
      const { spec } = one.object;
      return one.node === "node-1" ? record({ ...one.object, spec: { ...spec, subnets: spec.subnets.slice(0, 1) } }) : one;
    }),
  });
  world.rounds(10);
  assert.deepEqual({ claims: world.claims(), told: world.told() }, before);
});

test("a node whose other claims rest, too, and whose NodeNetwork only asks, has its subnet again once its agent says that it has it", () => {
  const world = planWorld({ networks: [network()], nodes });
  world.rounds(6);
  const [mine = assert.fail()] = world.claims().filter((line) => line.startsWith("node-1 "));
  const cidr = mine.split(" ")[1] ?? "";
  world.setPods(cidr, 5);
  world.rounds(1);
  const before = { claims: world.claims(), told: world.told() };
  const owner = nodes[0] ?? assert.fail();
  const resting = (of: string) => claim(of, owner, undefined, { state: "Held", heldAt: "2026-01-01T00:00:00Z" });
  const { claims, records } = world.now();
  world.change({
    claims: [...claims.filter(({ object }) => object.spec.node !== "node-1"), resting(cidr), resting("10.244.99.0/24")],
    records: records.filter((one) => one.node !== "node-1"),
  });
  world.rounds(8);
  const kept = ({ claims, told }: typeof before) => ({ claims: claims.filter((line) => !line.includes("10.244.99.")), told });
  assert.deepEqual(kept({ claims: world.claims(), told: world.told() }), kept(before));
});

/** One node at a time moves; to drain a range there is another one. */
function withRanges(state: "Active" | "Draining") {
  const first = { cidr: "10.244.0.0/16", nodePrefixLength: 24, state };
  const second = { cidr: "10.245.0.0/16", nodePrefixLength: 24, state: "Active" as const };
  const rollout = { maxUnavailableNodes: 1, paused: false };
  return network({ spec: { ranges: state === "Active" ? [first] : [first, second], rollout } });
}

/** As a backup without statuses has it. */
function unreported({ object: { apiVersion, kind, metadata, spec } }: NodeRecord): NodeRecord {
  return record({ apiVersion, kind, metadata, spec });
}

test("a restore in the middle of a drain moves no other node: one whose NodeNetwork was lost waits for its turn", () => {
  const world = planWorld({ networks: [withRanges("Active")], nodes });
  world.rounds(6);
  for (const number of [0, 1, 2]) world.setPods(`10.244.${number}.0/24`, 3);
  const { ledger, claims, records } = world.now();
  world.change({ networks: [withRanges("Draining")] });
  world.rounds(6);
  const before = { claims: world.claims(), told: world.told() };
  assert.equal(before.claims.filter((line) => line.endsWith("Draining")).length, 1);
  world.change({
    ledger,
    claims: claims.filter(({ object }) => object.spec.node !== "node-3"),
    records: records.filter((one) => one.node !== "node-3").map(unreported),
  });
  world.rounds(14);
  assert.deepEqual({ claims: world.claims(), told: world.told() }, before);
});

test("a NodeNetwork that is restored without a status goes on counting as one that drains, though its agent is late", () => {
  const world = planWorld({ networks: [withRanges("Active")], nodes });
  world.rounds(6);
  for (const number of [0, 1, 2]) world.setPods(`10.244.${number}.0/24`, 3);
  world.change({ networks: [withRanges("Draining")] });
  world.rounds(6);
  const before = world.told();
  const drains = (before.find((line) => line.endsWith("Draining")) ?? assert.fail()).split(" ")[0] ?? "";
  world.setAgent(drains, "is silent");
  world.change({ records: world.now().records.map((one) => (one.node === drains ? unreported(one) : one)) });
  world.rounds(3);
  assert.deepEqual(world.told(), before);
});

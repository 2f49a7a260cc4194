import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkStatus } from "../../crds/types.ts";
import { claim, network, node } from "../../test/support/plan-snapshot.ts";
import { planWorld, type PlanWorld } from "../../test/support/plan-world.ts";
import { fieldsSaid, lies, liesOfTheNewcomer, statusFields } from "../../test/support/status-lies.ts";

const nodes = ["node-1", "node-2", "node-3"].map((name) => node(name, { machineID: `machine-of-${name}` }));
const newcomer = node("node-4");
const gone = claim("10.244.9.0/24", node("node-9"), undefined, { state: "Held", heldAt: "2025-12-31T00:00:00Z" });

/** Three nodes with a subnet each, and a claim that rests. */
function running(): PlanWorld {
  const claims = [...nodes.map((owner, at) => claim(`10.244.${at + 1}.0/24`, owner)), gone];
  const world = planWorld({ networks: [network()], nodes, claims });
  world.rounds(4);
  return world;
}

/** What is said of all nodes but the liar, whatever that gets itself. What rests is used by nobody; a prefix that somebody misses rests once more before it is free. */
function others(world: PlanWorld) {
  const { records, ledger, claims } = world.now();
  return {
    claims: claims.map(({ object: { spec } }) => spec).filter(({ node, state }) => node !== "node-1" && state !== "Held"),
    told: records.filter(({ node }) => node !== "node-1").map(({ node, object: { spec } }) => ({ node, spec })),
    ledger: ledger?.object.spec.entries,
    incarnation: ledger?.incarnation,
  };
}

/** So many rounds in which the agent of node-1 says this beside the truth; then one more node joins. */
function lied(lie: Partial<NodeNetworkStatus>, from = 0): ReturnType<typeof others> {
  const world = running();
  world.setAgent("node-1", "is silent");
  const observedAt = "2027-01-01T00:00:00Z";
  const say = (round: number) => {
    if (round < from) return;
    const records = world.now().records.map((record) => {
      if (record.node !== "node-1") return record;
      return { ...record, object: { ...record.object, status: { ...record.object.status, observedAt, ...lie } } };
    });
    world.change({ records });
  };
  for (let round = 0; round < 12; round++) {
    if (round === 6) world.change({ nodes: [...nodes, newcomer] });
    say(round);
    world.rounds(1);
  }
  return others(world);
}

const subnet = { leases: 5, free: 200 };
const own = { ...subnet, cidr: "10.244.1.0/24" };

test("there is a lie in every field of a status", () => {
  const said = new Set(fieldsSaid([lies, liesOfTheNewcomer].flatMap((table) => Object.values(table))));
  assert.deepEqual(
    statusFields().filter((field) => !said.has(field)),
    [],
  );
});

test("without a lie the node that joins gets the lowest free subnet, and every node is told of it", () => {
  const { told, ledger } = lied({});
  assert.deepEqual(
    told.map(({ node, spec }) => [node, ...spec.subnets.map(({ cidr }) => cidr), ...spec.podRanges].join(" ")).toSorted(),
    ["node-2 10.244.2.0/24 10.244.0.0/16", "node-3 10.244.3.0/24 10.244.0.0/16", "node-4 10.244.0.0/24 10.244.0.0/16"],
  );
  assert.equal(ledger?.length, 1);
});

for (const [what, lie] of Object.entries(lies))
  test(`where an agent says that ${what}, nothing of any other node changes`, () => {
    assert.deepEqual(lied(lie), lied({}));
  });

for (const [what, lie] of Object.entries(liesOfTheNewcomer))
  test(`where an agent says that ${what}, that node gets what it would have got`, () => {
    assert.deepEqual(lied(lie, 6).claims, lied({}).claims);
  });

for (const [what, lie] of Object.entries(lies))
  test(`where an agent goes on saying that ${what}, the operator comes to rest`, () => {
    const world = running();
    world.setAgent("node-1", "is silent");
    const say = () => {
      const records = world.now().records.map((record) => {
        if (record.node !== "node-1") return record;
        const status = { ...record.object.status, observedAt: "2027-01-01T00:00:00Z", ...lie };
        return { ...record, object: { ...record.object, status } };
      });
      world.change({ records });
      return world.rounds(1);
    };
    for (let round = 0; round < 20; round++) say();
    assert.deepEqual(say(), []);
  });

/** A world in which this is gone of node-2, and the agent of node-1 says from then on that it has what node-2 has. */
function robbed(gone: "claim" | "claim and NodeNetwork"): PlanWorld {
  const world = running();
  world.rounds(1);
  const { claims, records } = world.now();
  const kept = gone === "claim" ? records : records.filter(({ node }) => node !== "node-2");
  world.change({ claims: claims.filter(({ object }) => object.spec.node !== "node-2"), records: kept });
  for (let round = 0; round < 4; round++) {
    world.look();
    const lying = world.now().records.map((record) => {
      if (record.node !== "node-1") return record;
      return {
        ...record,
        object: { ...record.object, status: { ...record.object.status, subnets: [own, { ...subnet, cidr: "10.244.2.0/24" }] } },
      };
    });
    world.change({ records: lying });
    world.pass();
  }
  return world;
}

for (const gone of ["claim", "claim and NodeNetwork"] as const)
  test(`of whose ${gone} nothing is left, that node gets its subnet back, though another agent says that it has that`, () => {
    const world = robbed(gone);
    assert.deepEqual(
      world.claims().filter((line) => line.includes("10.244.2.0/24")),
      ["node-2 10.244.2.0/24 Active"],
    );
    assert.deepEqual(
      world.told().filter((line) => line.includes("10.244.2.0/24")),
      ["node-2 10.244.2.0/24 Active"],
    );
  });

test("a free subnet that an agent says it has is given to nobody else, and that is all it takes", () => {
  const [first] = lied({ subnets: [own, { ...subnet, cidr: "10.244.0.0/24" }] }).told.filter(({ node }) => node === "node-4");
  assert.deepEqual(
    first?.spec.subnets.map(({ cidr }) => cidr),
    ["10.244.4.0/24"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, condition, ledger, network, networkOf, node, record } from "../../test/support/plan-snapshot.ts";
import { planWorld, type PlanWorld } from "../../test/support/plan-world.ts";
import { allocate } from "./allocate.ts";
import type { Snapshot } from "./snapshot.ts";

const programmed = { type: "NetworkUnavailable", status: "False" as const, reason: "PodnetProgrammed", message: "" };
const conditions = [programmed, { type: "Ready", status: "True" as const }];
const nodes = [1, 2, 3].map((number) => node(`node-${number}`, { conditions }));
const newcomer = node("node-0");

/** Three nodes whose subnets are not those that a fresh plan would give, with pods in them. */
function running(): PlanWorld {
  const cidrs = ["10.244.3.0/24", "10.244.1.0/24", "10.244.2.0/24"];
  const world = planWorld({ networks: [network()], nodes, claims: nodes.map((owner, at) => claim(cidrs[at] ?? "", owner)) });
  world.rounds(12);
  for (const cidr of cidrs) world.setPods(cidr, 5);
  world.rounds(1);
  assert.equal(world.now().ledger?.recovering, false);
  assert.equal(world.claims().length, 3);
  return world;
}

const losses: Record<string, Partial<Snapshot>> = {
  claims: { claims: [] },
  ledger: { ledger: undefined },
  NodeNetworks: { records: [] },
  "claims and ledger": { claims: [], ledger: undefined },
  "claims and NodeNetworks": { claims: [], records: [] },
  "ledger and NodeNetworks": { ledger: undefined, records: [] },
  everything: { claims: [], ledger: undefined, records: [] },
};

for (const [what, loss] of Object.entries(losses))
  test(`loss of ${what}: every node has what it had, and a new node gets something new, once it is known what that is`, () => {
    const world = running();
    const before = { claims: world.claims(), told: world.told() };
    world.change({ ...loss, nodes: [newcomer, ...nodes] });
    world.rounds(8);
    const others = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("node-0"));
    assert.deepEqual({ claims: others(world.claims()), told: others(world.told()) }, before);
    assert.deepEqual(world.told()[0], "node-0 10.244.0.0/24 Active");
    assert.equal(world.now().ledger?.recovering, false);
    assert.deepEqual(world.rounds(1), []);
  });

test("while a loss is made good nothing new is given, and what nodes had is given back at once", () => {
  const world = running();
  const before = world.told();
  world.setAgent("node-3", "is silent");
  world.change({ ledger: undefined, claims: [], nodes: [newcomer, ...nodes] });
  world.rounds(4);
  assert.deepEqual(world.told(), before);
  assert.equal(world.claims().length, 3);
  const failure = allocate(world.now()).failures.find(({ node }) => node === "node-0");
  assert.deepEqual([failure?.code, failure?.isVital], ["Recovering", true]);
});

test("recovery ends when every node that may have something has reported, or else at its deadline", () => {
  const world = running();
  world.setAgent("node-3", "is silent");
  world.change({ ledger: undefined });
  world.rounds(9);
  assert.equal(world.now().ledger?.recovering, true);
  world.setAgent("node-3", "runs");
  world.rounds(1);
  world.rounds(1);
  assert.equal(world.now().ledger?.recovering, false);
  world.setAgent("node-3", "is silent");
  world.change({ ledger: undefined });
  world.rounds(10);
  assert.equal(world.now().ledger?.recovering, true);
  world.rounds(1);
  assert.equal(world.now().ledger?.recovering, false, "five minutes are over");
});

test("an API server that went back in time takes nothing from anybody, and gets another incarnation", () => {
  const world = running();
  const old = world.now();
  world.change({ nodes: [newcomer, ...nodes] });
  world.rounds(2);
  const incarnation = world.now().ledger?.incarnation;
  world.goBack(old);
  assert.equal(world.now().ledger?.object.spec.recovery?.reason, "LedgerRolledBack");
  world.rounds(4);
  assert.notEqual(world.now().ledger?.incarnation, incarnation);
  assert.equal(world.now().ledger?.recovering, false);
  assert.equal(world.claims().length, 4);
});

test("a claim that vanished is given again to the one whose agent has it; reported by two, to nobody, and nobody else gets it", () => {
  const world = running();
  const without = world.now().claims.filter(({ object }) => object.spec.cidr !== "10.244.3.0/24");
  world.change({ claims: without });
  world.rounds(2);
  assert.ok(world.claims().includes("node-1 10.244.3.0/24 Active"));
  const both = world.now().records.map(({ object }) => {
    const extra = { cidr: "10.244.0.0/24", leases: 1, free: 1 };
    const isOne = object.metadata.name !== "node-3";
    const { status } = object;
    return record({ ...object, status: { ...status, subnets: [...(status?.subnets ?? []), ...(isOne ? [extra] : [])] } });
  });
  const plan = allocate({ ...world.now(), records: both, nodes: [newcomer, ...nodes] });
  assert.deepEqual(
    plan.creates.map(({ node, prefix }) => [node.name, prefix.address & 0xff00n]),
    [["node-0", 0x400n]],
  );
});

test("a NodeNetwork that names what another node has, says its agent, gets nothing of it", () => {
  const world = running();
  const [first, second] = world.now().records;
  assert.ok(first && second);
  const theirs = { cidr: "10.244.1.0/24", state: "Active" as const };
  const claimed = { ...first.object, spec: { ...first.object.spec, subnets: [...first.object.spec.subnets, theirs] } };
  const snapshot = { ...world.now(), claims: [], records: [record(claimed), second] };
  const { creates } = allocate(snapshot);
  assert.deepEqual(
    creates.filter(({ prefix }) => prefix.address === second.subnets[0]?.address).map(({ node }) => node.name),
    ["node-2"],
  );
});

test("the vanished claim of a node that is gone comes back Held, when others miss it, and rests as long as one of a silent node, since nobody can be asked", () => {
  const world = running();
  world.change({ nodes: nodes.slice(0, 2), claims: world.now().claims.slice(0, 2), records: world.now().records.slice(0, 2) });
  world.setPods("10.244.2.0/24", 0);
  world.look();
  world.rounds(2);
  assert.ok(world.claims().includes("node-3 10.244.2.0/24 Held"));
  world.rounds(14);
  assert.ok(world.claims().includes("node-3 10.244.2.0/24 Held"));
  world.wait(3_000_000);
  world.rounds(2);
  assert.deepEqual(world.claims(), ["node-1 10.244.3.0/24 Active", "node-2 10.244.1.0/24 Active"]);
});

test("a subnet that is lost while it is drained stays on the node's bridge until its claim is back", () => {
  const world = running();
  const [active, second] = [
    { cidr: "10.244.0.0/16", nodePrefixLength: 24, state: "Draining" as const },
    { cidr: "10.245.0.0/16", nodePrefixLength: 24 },
  ];
  world.change({ networks: [network({ spec: { ranges: [active, second] } })] });
  world.rounds(2);
  const before = world.told();
  assert.equal(before.length, 4);
  world.change({ claims: [] });
  world.pass();
  assert.deepEqual(world.told(), before);
  world.rounds(2);
  assert.deepEqual(world.claims(), before);
});

test("a fresh install is no loss", () => {
  const world = planWorld({ networks: [networkOf("default", ["10.1.0.0/16"])], nodes: [newcomer] });
  world.pass();
  assert.equal(world.now().ledger?.recovering, false);
  assert.equal(world.claims().length, 1);
  const foreign = node("node-1", { conditions: [{ ...condition("NetworkUnavailable", "False"), reason: "CalicoIsUp" }] });
  const other = planWorld({ nodes: [foreign] });
  other.pass();
  assert.equal(other.now().ledger?.recovering, false);
});

test("a ledger that claims or agents outrun was rolled back; numbers of another incarnation say nothing", () => {
  const world = running();
  const spec = world.now().ledger?.object.spec ?? assert.fail();
  const reasonAfter = (part: Partial<Snapshot>) => {
    const other = planWorld({ ...world.now(), ...part });
    other.pass();
    return other.now().ledger?.object.spec.recovery?.reason;
  };
  const now = { incarnation: spec.incarnation, state: "Held" as const, heldAt: "2026-01-01T00:00:00Z" };
  const resting = (part: object) => ({
    claims: [...world.now().claims, claim("10.244.9.0/24", node("gone"), undefined, { ...now, ...part })],
  });
  assert.equal(reasonAfter({}), undefined);
  assert.equal(reasonAfter(resting({ releaseSequence: spec.releaseSequence + 1 })), "LedgerRolledBack");
  assert.equal(reasonAfter(resting({ epoch: spec.epoch + 1 })), "LedgerRolledBack");
  assert.equal(reasonAfter(resting({ epoch: spec.epoch + 1, incarnation: "earlier" })), undefined);
  const acknowledged = { incarnation: spec.incarnation, sequence: spec.releaseSequence + 1 };
  const said = (part: object) => ({
    records: world
      .now()
      .records.map(({ object }) =>
        record({ ...object, status: { ...object.status, acknowledged: { ...acknowledged, ...part } } }),
      ),
  });
  assert.equal(reasonAfter(said({})), "LedgerRolledBack");
  assert.equal(reasonAfter(said({ incarnation: "earlier" })), undefined);
  assert.equal(reasonAfter({ ledger: ledger({ ...spec, epoch: 9 }) }), undefined);
});

test("of a node that had a network nothing is left: that is a loss too, though the ledger stands; while something is left, it is none", () => {
  const world = running();
  const without = { claims: world.now().claims.slice(1), records: world.now().records.slice(1) };
  const other = planWorld({ ...world.now(), ...without });
  other.pass();
  assert.equal(other.now().ledger?.object.spec.recovery?.reason, "NodesForgotten");
  assert.deepEqual(other.now().records.find((one) => one.node === "node-1")?.object.spec.subnets, [], "it is asked");
  for (const part of [{ claims: without.claims }, { records: without.records }]) {
    const half = planWorld({ ...world.now(), ...part });
    half.pass();
    assert.equal(half.now().ledger?.recovering, false);
  }
});

test("a ledger made anew knows of all epochs that claims do, so that one which comes under its incarnation does not outrun it again", () => {
  const world = running();
  const spec = world.now().ledger?.object.spec ?? assert.fail();
  const state = { incarnation: spec.incarnation, state: "Held", heldAt: "2026-01-01T00:00:00Z", epoch: spec.epoch + 5 } as const;
  const ahead = claim("10.244.9.0/24", node("gone"), undefined, state);
  const other = planWorld({ ...world.now(), claims: [...world.now().claims, ahead] });
  other.pass();
  assert.equal(other.now().ledger?.object.spec.epoch, spec.epoch + 5);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkStatus } from "../../crds/types.ts";
import { bornAt, claim, ledger, network, node, record } from "../../test/support/plan-snapshot.ts";
import { planWorld } from "../../test/support/plan-world.ts";
import { forgettable } from "./forgettable.ts";
import { answeredQuestions, nodesToAsk } from "./questions.ts";
import { allHaveSpoken } from "./sightings.ts";
import type { NodeFacts, Snapshot } from "./snapshot.ts";

const nodes = [1, 2].map((number) => node(`node-${number}`));
const world = planWorld({ networks: [network()], nodes });
world.pass();
world.look();
const now = world.now();
const anew = node("node-2", { meta: { uid: "uid-anew" } });

/** The snapshot without the NodeNetwork of node-2, in which node-1 misses a claim of it, or says something else. */
function without(part: Partial<Snapshot> = {}, said: NodeNetworkStatus = missed("10.9.0.0/24")): Snapshot {
  const records = now.records.filter(({ node: name }) => name === "node-1");
  return { ...now, records: records.map(({ object }) => record({ ...object, status: { ...object.status, ...said } })), ...part };
}

function missed(cidr: string): NodeNetworkStatus {
  return { lost: [{ cidr, node: "node-2", nodeUID: "uid-node-2" }] };
}

const asked = (snapshot: Snapshot) => nodesToAsk(snapshot).map(({ name, uid }: NodeFacts) => `${name} ${uid}`);
const forgotten = (snapshot: Snapshot, hearing = allHaveSpoken) => snapshot.records.map(forgettable(snapshot, hearing));

test("a node that others miss claims of, or whose claims rest, is asked what it has, be its Node made anew; in a recovery every one", () => {
  assert.deepEqual(asked(without()), ["node-2 uid-node-2"]);
  assert.deepEqual(asked(without({ nodes: [node("node-1"), anew] })), ["node-2 uid-anew"]);
  assert.deepEqual(asked(without({}, { lost: [] })), []);
  const resting = claim("10.9.0.0/24", node("node-2"), undefined, { state: "Held", heldAt: bornAt });
  assert.deepEqual(asked(without({ claims: [resting] }, { lost: [] })), ["node-2 uid-node-2"]);
  const recovering = ledger({ recovery: { since: bornAt, until: bornAt, reason: "LedgerLost" } });
  assert.deepEqual(asked({ ...now, records: [], ledger: recovering }), ["node-1 uid-node-1", "node-2 uid-node-2"]);
});

test("a question goes when it was answered with nothing and nobody doubts that any more", () => {
  const { network: _, networkUID: __, ...spec } = now.records[1]?.object.spec ?? assert.fail();
  const answer = (subnets: NodeNetworkStatus["subnets"]) =>
    record({
      ...(now.records[1]?.object ?? assert.fail()),
      spec: { ...spec, subnets: [] },
      status: { nodeUID: spec.nodeUID, ...(subnets !== undefined && { subnets }) },
    });
  const names = (snapshot: Snapshot) => answeredQuestions(snapshot).map(({ node: name }) => name);
  const beside = (subnets: NodeNetworkStatus["subnets"], said: NodeNetworkStatus) => {
    const snapshot = without({}, said);
    return { ...snapshot, records: [...snapshot.records, answer(subnets)] };
  };
  assert.deepEqual(names(beside([], { lost: [] })), ["node-2"]);
  assert.deepEqual(names(beside([], missed("10.9.0.0/24"))), []);
  assert.deepEqual(names(beside(undefined, { lost: [] })), []);
  assert.deepEqual(names(beside([{ cidr: "10.9.0.0/24", leases: 0, free: 1 }], { lost: [] })), []);
});

test("what is missed of a node is forgotten only when that node was heard, be it made anew, and nothing can be claimed there, or it denies it", () => {
  const heard = now.records[1] ?? assert.fail();
  const of = (owner: NodeFacts, said: NodeNetworkStatus, incarnation = "before", hearing = allHaveSpoken) => {
    const { object } = heard;
    const spoken = record({
      ...object,
      spec: { ...object.spec, nodeUID: owner.uid },
      status: { ...object.status, nodeUID: owner.uid, acknowledged: { incarnation, sequence: 0 } },
    });
    const snapshot = without({ nodes: [node("node-1"), owner] }, said);
    return forgotten({ ...snapshot, records: [...snapshot.records, spoken] }, hearing)[0];
  };
  assert.deepEqual(of(node("node-2"), missed("10.9.0.0/24")), ["10.9.0.0/24"]);
  assert.deepEqual(
    of(node("node-2"), missed("10.9.0.0/24"), "before", { hasSpoken: () => false }),
    [],
    "its status may be of a backup",
  );
  assert.deepEqual(of(anew, missed("10.9.0.0/24")), ["10.9.0.0/24"]);
  assert.deepEqual(forgotten(without())[0], []);
  assert.deepEqual(forgotten(without({ nodes: [node("node-1"), anew] }))[0], []);
  assert.deepEqual(of(node("node-2"), missed("10.244.99.0/24")), []);
  const current = now.ledger?.incarnation ?? assert.fail();
  assert.deepEqual(of(node("node-2"), missed("10.244.99.0/24"), current), ["10.244.99.0/24"]);
  const [has] = heard.object.spec.subnets;
  assert.deepEqual(of(node("node-2"), missed(has?.cidr ?? assert.fail()), current), [], "it does not deny it");
});

test("a node told of nothing gives up what it has and nobody can have a claim of", () => {
  const { object } = now.records[0] ?? assert.fail();
  const having = (cidr: string) =>
    record({
      ...object,
      spec: { ...object.spec, subnets: [] },
      status: { ...object.status, subnets: [{ cidr, leases: 0, free: 1 }] },
    });
  const told = (cidr: string) => forgotten({ ...now, claims: [], records: [having(cidr)] })[0];
  assert.deepEqual(told("10.9.0.0/24"), ["10.9.0.0/24"]);
  assert.deepEqual(told("10.244.0.0/24"), []);
});

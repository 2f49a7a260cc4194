import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, NodeNetworkStatusLost } from "../../crds/types.ts";
import { bornAtMs, claim, ledger, networkOf, node, record, storedMeta, withLedger } from "../../test/support/plan-snapshot.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { isDoneWith, isOwnerGone, numbered, releaseCandidates, vanishedClaim } from "./release.ts";
import type { Snapshot } from "./snapshot.ts";

const network = networkOf("default", ["10.244.0.0/16"]);
const worker = node("node-1");
const used = claim("10.244.1.0/24", worker);
const extra = claim("10.244.2.0/24", worker);
const view = withLedger({ networks: [network], nodes: [worker], claims: [used] });
const told = record(nodeNetworkSteps(view, allocate(view))[0]?.want ?? assert.fail());

function candidates(part: Partial<Snapshot>) {
  const snapshot = { ...view, ...part };
  return releaseCandidates(snapshot, allocate(snapshot));
}

test("an owner is gone when the server knows no such Node or another one of its name; one being deleted is there", () => {
  assert.equal(isOwnerGone("uid-node-1", undefined), true);
  assert.equal(isOwnerGone("uid-node-1", { metadata: storedMeta("node-1", { uid: "another" }) }), true);
  assert.equal(
    isOwnerGone("uid-node-1", { metadata: storedMeta("node-1", { deletionTimestamp: "2026-01-02T00:00:00Z" }) }),
    false,
  );
});

test("a node is done with a claim when its spec does not name it, and its agent has programmed that and says that it does not have it", () => {
  const done: NodeNetwork = { ...told.object, status: { nodeUID: worker.uid, configGeneration: 1, subnets: [] } };
  const reported = (part: NodeNetwork["status"]) => isDoneWith(extra.object, { ...done, status: { ...done.status, ...part } });
  assert.equal(isDoneWith(extra.object, done), true);
  assert.equal(isDoneWith(used.object, done), false);
  assert.equal(isDoneWith(extra.object, undefined), false);
  assert.equal(isDoneWith(extra.object, told.object), false);
  assert.equal(isDoneWith(claim("10.244.2.0/24", node("node-1", { meta: { uid: "another" } })).object, done), false);
  assert.equal(reported({ configGeneration: 0 }), false);
  assert.equal(reported({ nodeUID: "another" }), false);
  assert.equal(reported({ subnets: [{ cidr: "10.244.2.0/24", leases: 0, free: 9 }] }), false);
  const { subnets: _, ...unsaid } = done.status ?? {};
  assert.equal(isDoneWith(extra.object, { ...done, status: unsaid }), false, "what an agent cannot say is no proof");
});

test("candidates are the claims of absent nodes and of earlier ones, surplus claims, and NodeNetworks of absent nodes without claims", () => {
  const earlier = claim("10.244.3.0/24", node("node-1", { meta: { uid: "earlier" } }));
  const departed = claim("10.244.4.0/24", node("node-2"));
  const [orphan, kept] = ["node-3", "node-2"].map((name) => {
    const spec = { ...told.object.spec, nodeUID: `uid-${name}`, subnets: [] };
    return record({ ...told.object, metadata: { name }, spec });
  });
  const found = candidates({
    claims: [used, extra, earlier, departed],
    records: [told, orphan, kept].filter((one) => one !== undefined),
  });
  assert.deepEqual(
    { ...found, vanished: found.vanished.length },
    { departed: [earlier, departed], surplus: [extra], vanished: 0, unnumbered: [], answered: [], records: [orphan] },
  );
});

test("the NodeNetwork of an earlier Node goes with its last claim, and stays for those that rest", () => {
  const again = node("node-1", { meta: { uid: "again" }, labels: { pool: "other" } });
  const nowhere = [networkOf("default", ["10.244.0.0/16"], { spec: { nodeSelector: { matchLabels: { pool: "x" } } } })];
  const resting = claim("10.244.1.0/24", worker, undefined, { state: "Held" });
  assert.deepEqual(candidates({ networks: nowhere, nodes: [again], claims: [], records: [told] }).records, [told]);
  assert.deepEqual(candidates({ networks: nowhere, nodes: [again], claims: [resting], records: [told] }).records, []);
});

test("Held claims without a number of this incarnation are to be numbered; Pending ones of absent nodes are nobody's to hold", () => {
  const resting = [
    claim("10.244.3.0/24", node("node-3"), undefined, { state: "Held" }),
    claim("10.244.4.0/24", node("node-4"), undefined, { state: "Held", releaseSequence: 1 }),
    claim("10.244.5.0/24", node("node-5"), undefined, { state: "Held", releaseSequence: 1, incarnation: "earlier" }),
  ];
  const pending = claim("10.244.6.0/24", node("node-6"), undefined, { state: "Pending" });
  const found = candidates({ claims: [...resting, pending] });
  assert.deepEqual([found.unnumbered, found.departed], [[resting[0], resting[2]], []]);
});

test("after a loss nothing is surplus, vanished or numbered until the agents have reported; absent nodes are absent all the same", () => {
  const recovery = { since: "2026-01-01T00:00:00Z", until: "2026-01-01T00:05:00Z", reason: "LedgerLost" };
  const departed = claim("10.244.4.0/24", node("node-2"));
  const resting = claim("10.244.3.0/24", node("node-3"), undefined, { state: "Held" });
  const lost = [{ cidr: "10.244.9.0/24", node: "node-9", nodeUID: "uid-node-9" }];
  const part = { claims: [used, extra, departed, resting], records: [record({ ...told.object, status: { lost } })] };
  const spec = view.ledger?.object.spec ?? assert.fail();
  for (const now of [ledger({ ...spec, recovery }), undefined])
    assert.deepEqual(
      { ...candidates({ ...part, ledger: now }), records: [] },
      { departed: [departed], surplus: [], vanished: [], unnumbered: [], answered: [], records: [] },
    );
  assert.equal(candidates(part).vanished.length, 1);
});

test("a network whose object cannot be read has no surplus", () => {
  const networks = [networkOf("default", ["10.244.0.1/16"])];
  assert.deepEqual(candidates({ networks, claims: [used, extra], records: [told] }).surplus, []);
});

test("what an earlier Node of a name was told and has not answered comes back Held before the NodeNetwork goes over, unless its machine is taken for dead", () => {
  const [successor, anew] = ["new", "machine-1"].map((machineID) => node("node-1", { meta: { uid: "again" }, machineID }));
  const { spec } = told.object;
  const old = record({ ...told.object, spec: { ...spec, machineID: "machine-1" } });
  const answered = record({
    ...old.object,
    status: { nodeUID: worker.uid, configGeneration: spec.configGeneration, subnets: [] },
  });
  const outdated = record({ ...old.object, status: { nodeUID: worker.uid, configGeneration: 0, subnets: [] } });
  const found = (now: Snapshot["nodes"][number] | undefined, one = old, isDead = false) => {
    const snapshot = { ...view, nodes: now === undefined ? [] : [now], claims: [], records: [one] };
    return releaseCandidates(snapshot, allocate(snapshot), () => isDead).vanished.map(
      ({ prefix, nodeUID }) => `${renderPrefix(prefix)} ${nodeUID}`,
    );
  };
  assert.deepEqual(found(successor), ["10.244.1.0/24 uid-node-1"]);
  assert.deepEqual(found(anew), ["10.244.1.0/24 uid-node-1"]);
  assert.deepEqual(found(successor, outdated), ["10.244.1.0/24 uid-node-1"]);
  assert.deepEqual([found(worker), found(undefined), found(successor, answered), found(successor, old, true)], [[], [], [], []]);
});

/** What is brought back of these reports, e.g. `["10.244.9.0/24 node-9"]`. */
function broughtBack(lost: readonly NodeNetworkStatusLost[], part: Partial<Snapshot> = {}): string[] {
  const records = lost.map((one, at) => {
    const object = {
      ...told.object,
      metadata: { name: `reporter-${at}` },
      spec: { ...told.object.spec, subnets: [] },
      status: { lost: [one] },
    };
    return record(object);
  });
  const found = candidates({ records, ...part }).vanished;
  assert.deepEqual(candidates({ records: records.toReversed(), ...part }).vanished, found, "no order matters");
  return found.map(
    ({ prefix, node, entry }) =>
      `${vanishedClaim({ prefix, node, nodeUID: "", entry, incarnation: "" }, bornAtMs).want?.spec.cidr} ${node}`,
  );
}

test("a claim that agents miss is brought back Held for the owner they name, under the entry it lies in; of several owners the first by name", () => {
  const lost = ["node-9", "node-8"].map((name) => ({ cidr: "10.244.9.0/24", node: name, nodeUID: `uid-${name}` }));
  assert.deepEqual(broughtBack(lost), ["10.244.9.0/24 node-8"]);
  const records = [record({ ...told.object, status: { lost: lost.slice(0, 1) } })];
  const [found] = candidates({ claims: [used], records }).vanished;
  assert.deepEqual(vanishedClaim(found ?? assert.fail(), bornAtMs).want?.spec, {
    network: "default",
    networkUID: "uid-default",
    node: "node-9",
    nodeUID: "uid-node-9",
    cidr: "10.244.9.0/24",
    state: "Held",
    heldAt: "2026-01-01T00:00:00Z",
    incarnation: "first",
    epoch: 1,
  });
});

test("what has a claim, lies in no entry, has another size or is no prefix is not brought back", () => {
  const lost = ["10.244.1.0/24", "10.9.0.0/24", "10.244.9.0/25", "nonsense"].map((cidr) => ({
    cidr,
    node: "node-9",
    nodeUID: "uid",
  }));
  assert.deepEqual(broughtBack(lost), []);
});

test("what an agent has without a claim is brought back, but not what the dead machine of a Node that is gone once had", () => {
  const status = { nodeUID: "uid-node-2", subnets: [{ cidr: "10.244.9.0/24", leases: 1, free: 9 }] };
  const spec = { ...told.object.spec, nodeUID: "uid-node-2", subnets: [] };
  const silent = record({ ...told.object, metadata: { name: "node-2" }, spec, status });
  const snapshot = { ...view, records: [told, silent] };
  const found = (isDead: boolean) => releaseCandidates(snapshot, allocate(snapshot), (one) => isDead && one === silent).vanished;
  assert.deepEqual([found(false).length, found(true).length], [1, 0]);
});

test("a missed claim is left alone where its node gets it again, and where two nodes say they have it", () => {
  const other = node("node-2");
  const has = (owner: typeof worker, subnets: readonly string[]) => {
    const status = { nodeUID: owner.uid, subnets: subnets.map((cidr) => ({ cidr, leases: 1, free: 9 })) };
    const spec = { ...told.object.spec, nodeUID: owner.uid, subnets: [] };
    return record({ ...told.object, metadata: { name: owner.name }, spec, status });
  };
  const lost = [{ cidr: "10.244.9.0/24", node: "node-2", nodeUID: "uid-node-2" }];
  const reporter = record({
    ...told.object,
    metadata: { name: "node-3" },
    spec: { ...told.object.spec, subnets: [] },
    status: { lost },
  });
  const nodes = [worker, other];
  const once = candidates({ nodes, claims: [used], records: [told, has(other, ["10.244.9.0/24"]), reporter] });
  assert.deepEqual(once.vanished, []);
  const twice = candidates({
    nodes,
    claims: [],
    records: [has(worker, ["10.244.9.0/24"]), has(other, ["10.244.9.0/24"]), reporter],
  });
  assert.deepEqual(twice.vanished, []);
});

test("a Held claim gets the ledger's newest number, and its incarnation with it", () => {
  const resting = claim("10.244.3.0/24", node("node-3"), undefined, {
    state: "Held",
    incarnation: "earlier",
    releaseSequence: 2,
  });
  const { op, because, want, have } = numbered(resting, ledger({ releaseSequence: 7 }));
  assert.deepEqual([op, because, have], ["change", "it is release 7", resting.object]);
  assert.deepEqual(want?.spec, { ...resting.object.spec, incarnation: "first", releaseSequence: 7 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkSpec, NodeNetworkStatus, RangeLedgerEntry, RangeLedgerSpec } from "../../crds/types.ts";
import { claim, ledger, network, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { planWorld } from "../../test/support/plan-world.ts";
import { describeRefusal } from "./refusal.ts";
import { planLedger } from "./ledger.ts";
import type { Network, Snapshot } from "./snapshot.ts";

const younger = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };
const empty: Snapshot = { ledger: ledger(), networks: [], nodes: [], claims: [], records: [] };

/** e.g. `["10.244.0.0/16 of old, Open"]` */
function entriesOf(snapshot: Snapshot): string[] {
  return planLedger(snapshot).entries.map(({ cidr, network, open }) => `${cidr} of ${network}, ${open ? "Open" : "Closing"}`);
}

/** e.g. `["late: RangeInUse 10.244.0.0/16 of old"]` */
function refusalsOf(snapshot: Snapshot): string[] {
  const { refusals } = planLedger(snapshot);
  return snapshot.networks.flatMap(({ name, ranges }) =>
    ranges.flatMap((range) => {
      const refusal = refusals.get(range);
      if (refusal === undefined) return [];
      return `${name}: ${refusal.reason}${refusal.by === undefined ? "" : ` ${refusal.by.cidr} of ${refusal.by.network}`}`;
    }),
  );
}

function entry(cidr: string, of: Network, part: Partial<RangeLedgerEntry> = {}): RangeLedgerEntry {
  return { cidr, nodePrefixLength: 24, network: of.name, networkUID: of.uid, epoch: 1, state: "Open", ...part };
}

test("ranges enter, sorted, each with an epoch of its own; until the ledger is written they are about to be accepted", () => {
  const networks = [networkOf("dual", ["fd00:10:244::/48", "10.244.0.0/16"]), networkOf("other", ["10.3.0.0/16"], younger)];
  const plan = planLedger({ ...empty, networks });
  assert.deepEqual(
    plan.entries.map(({ cidr, epoch }) => `${cidr} ${epoch}`),
    ["10.3.0.0/16 3", "10.244.0.0/16 1", "fd00:10:244::/48 2"],
  );
  assert.deepEqual(plan.entering, networks);
  assert.deepEqual(refusalsOf({ ...empty, networks }), ["dual: Accepting", "dual: Accepting", "other: Accepting"]);
  assert.deepEqual(planLedger(withLedger({ networks })).because, []);
});

test("of two overlapping newcomers the older enters and the other names it; of the same second, the first by name", () => {
  const [old, late] = [networkOf("old", ["10.244.0.0/16"]), networkOf("late", ["10.0.0.0/8"], younger)];
  const snapshot = { ...empty, networks: [late, old] };
  assert.deepEqual(entriesOf(snapshot), ["10.244.0.0/16 of old, Open"]);
  assert.deepEqual(refusalsOf(snapshot), ["late: OverlapsWith 10.244.0.0/16 of old", "old: Accepting"]);
  const same = { ...empty, networks: [networkOf("b", ["10.244.0.0/16"]), networkOf("a", ["10.244.0.0/17"])] };
  assert.deepEqual(entriesOf(same), ["10.244.0.0/17 of a, Open"]);
});

test("a network in the ledger never loses to a newcomer, though that one look older or have the higher priority", () => {
  const serving = networkOf("serving", ["10.244.0.0/16"], younger);
  const before = withLedger({ networks: [serving] });
  const newcomer = networkOf("a", ["10.244.128.0/17"], {
    spec: { priority: 9 },
    meta: { creationTimestamp: "2020-01-01T00:00:00Z" },
  });
  const snapshot = { ...before, networks: [newcomer, serving] };
  assert.deepEqual(planLedger(snapshot).because, []);
  assert.deepEqual(refusalsOf(snapshot), ["a: OverlapsWith 10.244.0.0/16 of serving"]);
});

test("where the ledger is lost, the network with subnets in use wins, then the one that was accepted, whatever their age", () => {
  const [old, serving] = [networkOf("old", ["10.244.0.0/16"]), networkOf("serving", ["10.244.0.0/16"], younger)];
  const claims = [claim("10.244.1.0/24", node("node-1"), serving)];
  assert.deepEqual(entriesOf({ ...empty, networks: [old, serving], claims }), ["10.244.0.0/16 of serving, Open"]);
  const told = withLedger({ networks: [serving], nodes: [node("node-1")], claims });
  const records = [record(planWorldRecord(told))];
  assert.deepEqual(
    entriesOf({ ...empty, networks: [old, serving], records }),
    ["10.244.0.0/16 of serving, Open"],
    "a NodeNetwork is enough",
  );
  const range = { cidr: "10.244.0.0/16", accepted: true, total: 256, allocated: 0, reserved: 0, held: 0, free: 256 };
  const known = networkOf("known", ["10.244.0.0/16"], { ...younger, status: { ranges: [range] } });
  assert.deepEqual(entriesOf({ ...empty, networks: [old, known] }), ["10.244.0.0/16 of known, Open"]);
});

/** The NodeNetwork of node-1 in the world that begins so. */
function planWorldRecord(parts: Partial<Snapshot>) {
  const world = planWorld(parts);
  world.pass();
  return world.now().records[0]?.object ?? assert.fail();
}

test("a range appended over another network's is refused alone; what the network has stays", () => {
  const two = networkOf("two", ["10.245.0.0/16"], younger);
  const before = withLedger({ networks: [networkOf("one", ["10.244.0.0/16"]), two] });
  const snapshot = { ...before, networks: [networkOf("one", ["10.244.0.0/16", "10.245.0.0/17"]), two] };
  assert.deepEqual([planLedger(snapshot).because, refusalsOf(snapshot)], [[], ["one: OverlapsWith 10.245.0.0/16 of two"]]);
});

test("an entry closes in one step and leaves in another; then the one who waits enters", () => {
  const [old, late] = [networkOf("old", ["10.244.0.0/16"]), networkOf("late", ["10.0.0.0/8"], younger)];
  const world = planWorld({ networks: [old, late] });
  world.pass();
  world.change({ networks: [late] });
  assert.deepEqual(refusalsOf(world.now()), ["late: RangeInUse 10.244.0.0/16 of old"]);
  assert.deepEqual(world.pass(), ["change RangeLedger cluster: 10.244.0.0/16 of old closes: it is no longer wanted"]);
  assert.deepEqual(world.pass(), [
    "change RangeLedger cluster: 10.244.0.0/16 of old leaves: nothing in use lies in it; 10.0.0.0/8 of late enters",
  ]);
  assert.deepEqual(world.pass(), []);
});

test("a closing entry stays for any claim in it, a Pending one too, and for what a NodeNetwork names or an agent has or misses", () => {
  const gone = networkOf("gone", ["10.244.0.0/16"]);
  const closing = ledger({ epoch: 1, entries: [entry("10.244.0.0/16", gone, { state: "Closing" })] });
  const owner = node("node-1");
  const left = { ...empty, ledger: closing };
  assert.deepEqual(entriesOf(left), []);
  for (const state of ["Pending", "Active", "Draining", "Held"] as const)
    assert.deepEqual(entriesOf({ ...left, claims: [claim("10.244.1.0/24", owner, gone, { state })] }).length, 1, state);
  assert.equal(entriesOf({ ...left, claims: [claim("10.244.1.0/25", owner, gone), claim("10.0.0.0/8", owner, gone)] }).length, 1);
  assert.equal(entriesOf({ ...left, claims: [claim("10.245.1.0/24", owner, gone)] }).length, 0);
  const told = planWorldRecord({ networks: [gone], nodes: [owner] });
  const silent = { ...told.spec, subnets: [] };
  const cases: readonly [NodeNetworkSpec, NodeNetworkStatus][] = [
    [told.spec, {}],
    [silent, { subnets: [{ cidr: "10.244.0.0/24", leases: 0, free: 1 }] }],
    [silent, { lost: [{ cidr: "10.244.9.0/24", node: "node-9", nodeUID: "uid" }] }],
  ];
  for (const [spec, status] of cases)
    assert.equal(entriesOf({ ...left, records: [record({ ...told, spec, status })] }).length, 1, JSON.stringify(status));
});

test("a range that is added again while its entry closes waits for that, and never opens it again", () => {
  const kept = networkOf("default", ["10.244.0.0/16", "10.245.0.0/16"]);
  const shrunk = networkOf("default", ["10.244.0.0/16"]);
  const world = planWorld({ networks: [kept], nodes: [node("node-1")] });
  world.pass();
  world.change({
    claims: [...world.now().claims, claim("10.245.1.0/24", node("gone"), kept, { state: "Held", epoch: 2 })],
    networks: [shrunk],
  });
  world.pass();
  world.change({ networks: [kept] });
  assert.deepEqual(refusalsOf(world.now()), ["default: RangeInUse 10.245.0.0/16 of default"]);
  assert.deepEqual(entriesOf(world.now()), ["10.244.0.0/16 of default, Open", "10.245.0.0/16 of default, Closing"]);
  world.change({ claims: world.now().claims.filter(({ object }) => object.spec.state !== "Held") });
  world.rounds(2);
  assert.deepEqual(
    world.now().ledger?.entries.map(({ cidr, epoch, open }) => `${cidr} ${epoch} ${open}`),
    ["10.244.0.0/16 1 true", "10.245.0.0/16 3 true"],
  );
});

test("an epoch is never given twice, also when every entry left, and when an entry says more than the ledger itself", () => {
  const one = networkOf("one", ["10.244.0.0/16"]);
  const spec: Partial<RangeLedgerSpec> = { epoch: 41 };
  assert.equal(planLedger({ ...empty, ledger: ledger(spec), networks: [one] }).entries[0]?.epoch, 42);
  const entries = [entry("10.1.0.0/16", networkOf("two", ["10.1.0.0/16"]), { epoch: 77 })];
  const plan = planLedger({
    ...empty,
    ledger: ledger({ epoch: 41, entries }),
    networks: [one, networkOf("two", ["10.1.0.0/16"])],
  });
  assert.equal(plan.entries.find(({ network }) => network === "one")?.epoch, 78);
});

test("the entries of a network that ends close, and nobody enters in the same step", () => {
  const leaving = networkOf("leaving", ["10.1.0.0/16", "10.2.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const entries = [entry("10.1.0.0/16", leaving)];
  const snapshot = { ...empty, ledger: ledger({ epoch: 1, entries }), networks: [leaving] };
  assert.deepEqual(planLedger(snapshot).because, [], "while it only is being deleted it keeps what it has and gets nothing");
  const waiting = { ...snapshot, networks: [leaving, networkOf("new", ["10.9.0.0/16"])] };
  const plan = planLedger(waiting, { ending: new Set([leaving.uid]) });
  assert.deepEqual(plan.because, ["10.1.0.0/16 of leaving closes: it is no longer wanted"]);
});

test("a network that is being deleted gets back a range that its nodes use", () => {
  const leaving = networkOf("leaving", ["10.1.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const claims = [claim("10.1.1.0/24", node("node-1"), leaving)];
  assert.deepEqual(entriesOf({ ...empty, networks: [leaving], claims }), ["10.1.0.0/16 of leaving, Open"]);
  assert.deepEqual(entriesOf({ ...empty, networks: [leaving] }), []);
});

test("a network that could go before its claims keeps what it has and uses, gets nothing else, and is in nobody's way", () => {
  const [one, two] = [
    networkOf("one", ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]),
    networkOf("two", ["10.2.0.0/16"], younger),
  ];
  const claims = [claim("10.3.1.0/24", node("node-1"), one)];
  const snapshot = { ...empty, ledger: ledger({ epoch: 1, entries: [entry("10.1.0.0/16", one)] }), networks: [one, two], claims };
  const plan = planLedger(snapshot, { withoutFinalizer: new Set([one.uid]) });
  assert.deepEqual(
    plan.entries.map(({ cidr, network, open }) => `${cidr} ${network} ${open}`),
    ["10.1.0.0/16 one true", "10.2.0.0/16 two true", "10.3.0.0/16 one true"],
  );
  assert.equal(entriesOf(snapshot)[1], "10.2.0.0/16 of one, Open");
});

test("a network whose object cannot be read keeps all its entries", () => {
  const broken = networkOf("broken", ["10.244.0.1/16"]);
  const entries = [entry("10.244.0.0/16", broken), entry("10.9.0.0/16", broken, { epoch: 2 })];
  assert.deepEqual(planLedger({ ...empty, ledger: ledger({ epoch: 2, entries }), networks: [broken] }).because, []);
});

test("a range over somebody else's stray subnets waits for them; a network's own are no obstacle, unless of another size", () => {
  const one = networkOf("one", ["10.244.0.0/16"]);
  const owner = node("node-1");
  const cases = [
    [claim("10.244.1.0/24", owner, one), "one: Accepting"],
    [claim("10.244.1.0/25", owner, one), "one: RangeInUse 10.244.1.0/25 of one"],
    [claim("10.244.1.0/24", owner, { name: "gone", uid: "gone" }, { state: "Held" }), "one: RangeInUse 10.244.1.0/24 of gone"],
    [claim("10.0.0.0/8", owner, { name: "gone", uid: "gone" }), "one: RangeInUse 10.0.0.0/8 of gone"],
  ] as const;
  for (const [stray, refusal] of cases) assert.deepEqual(refusalsOf({ ...empty, networks: [one], claims: [stray] }), [refusal]);
});

test("a ledger of 4096 entries takes no further one, and says so", () => {
  const full = networkOf("full", []);
  const entries = Array.from({ length: 4096 }, (_, at) =>
    entry(`10.${at >> 8}.${at & 255}.0/24`, full, { network: `network-${at}`, networkUID: `uid-network-${at}`, epoch: at + 1 }),
  );
  const networks = entries.map(({ cidr, network: name }) =>
    network({ name, spec: { ranges: [{ cidr, nodePrefixLength: 24 }] } }),
  );
  const late = networkOf("late", ["10.244.0.0/16"]);
  const plan = planLedger({ ...empty, ledger: ledger({ epoch: 4096, entries }), networks: [...networks, late] });
  const refusal = plan.refusals.get(late.ranges[0] ?? assert.fail()) ?? assert.fail();
  assert.deepEqual([plan.entries.length, plan.because, refusal.reason], [4096, [], "LedgerFull"]);
  assert.match(describeRefusal(refusal), /^10\.244\.0\.0\/16 does not fit into the ledger, which holds 4096 ranges; remove/);
});

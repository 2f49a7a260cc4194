import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { NodeNetwork, NodeSubnetSpec, RangeLedgerEntry } from "../../crds/types.ts";
import { containsPrefix, type Prefix, prefixesOverlap, renderPrefix, subnetAt, toPrefix } from "../../lib/net/prefix.ts";
import { bornAt, claim, ledger, networkOf, node, record, storedMeta, withLedger } from "../../test/support/plan-snapshot.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { nodeSubnetSteps, promotions } from "./node-subnets.ts";
import { planLedger } from "./ledger.ts";
import type { Claim, NodeRecord, Snapshot } from "./snapshot.ts";
import { withWritten } from "./written.ts";

const ranges = ["10.0.0.0/21", "10.0.8.0/22", "10.0.0.0/22", "fd00::/61", "fd00:0:0:8::/62"];
const pools = ["x", "y"];
const statics = ["10.0.1.0/24", "10.0.9.0/24", "fd00:0:0:2::/64"];

const rarely = fc.nat(7).map((number) => number === 0);

const arbitraryNetwork = fc.record({
  cidrs: fc.subarray(ranges, { minLength: 1 }),
  draining: fc.subarray(ranges, { maxLength: 2 }),
  reserved: fc.subarray(["10.0.0.0/24", "10.0.2.0/23", "10.0.9.128/25", "fd00:0:0:1::/64"]),
  statics: fc.subarray(statics),
  pool: fc.constantFrom(...pools, undefined),
  second: fc.integer({ min: 0, max: 2 }),
  priority: fc.nat(1),
  deleting: rarely,
  adopts: fc.boolean(),
  max: fc.integer({ min: 1, max: 3 }),
});

const arbitraryNode = fc.record({
  pool: fc.constantFrom(...pools),
  last: fc.option(fc.integer({ min: 1, max: 9 })),
  deleting: rarely,
  podCIDR: fc.constantFrom("10.0.1.0/24", "10.0.3.0/24", "10.0.9.0/24", undefined),
});

const arbitraryClaim = fc.record({
  network: fc.nat(4),
  node: fc.nat(9),
  /** One of its network's, or any. */
  range: fc.oneof({ weight: 5, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constantFrom(...ranges) }),
  index: fc.nat(15),
  state: fc.constantFrom<NodeSubnetSpec["state"]>("Pending", "Active", "Active", "Active", "Draining", "Held"),
});

/** What becomes of a claim's NodeNetwork: none, told, told and reported, with or without addresses left. */
const arbitraryReport = fc.constantFrom("none", "told", "reported", "full", "drained");

type NetworkParts = typeof arbitraryNetwork extends fc.Arbitrary<infer T> ? T : never;

function networkFrom(parts: NetworkParts, index: number) {
  const { cidrs, draining, reserved, pool, second, priority, deleting, adopts, max } = parts;
  const isIn = (cidr: string) => cidrs.some((range) => containsPrefix(toPrefix(range), toPrefix(cidr)));
  const free = (cidr: string) => !reserved.some((other) => prefixesOverlap(toPrefix(other), toPrefix(cidr)));
  const read = networkOf(`network-${index}`, cidrs, {
    spec: {
      ...(pool !== undefined && { nodeSelector: { matchLabels: { pool } } }),
      priority,
      growth: { maxSubnetsPerNode: max, addBelowFreeIPs: 16 },
      adoption: { nodePodCIDR: adopts ? "IfContained" : "Never" },
      reserved: reserved.filter(isIn).map((cidr) => ({ cidr })),
      staticSubnets: parts.statics
        .filter((cidr) => isIn(cidr) && free(cidr))
        .map((cidr, at) => ({ node: `node-${at * 2}`, cidr })),
    },
    meta: { creationTimestamp: `2026-01-01T00:00:0${second}Z`, ...(deleting && { deletionTimestamp: "2026-01-02T00:00:00Z" }) },
  });
  return { ...read, ranges: read.ranges.map((range) => ({ ...range, draining: draining.includes(range.cidr) })) };
}

/** Networks, some of them overlapping or unreadable; nodes; claims of some nodes, cut from their network or not; NodeNetworks with reports. */
const snapshots = fc
  .record({
    networks: fc.array(arbitraryNetwork, { maxLength: 4 }),
    nodes: fc.array(arbitraryNode, { maxLength: 9 }),
    claims: fc.array(arbitraryClaim, { maxLength: 10 }),
    reports: fc.array(arbitraryReport, { minLength: 9, maxLength: 9 }),
    lost: fc.array(fc.nat(9), { maxLength: 3 }),
    /** So many nodes were served before the others came. */
    served: fc.nat(5),
  })
  .map((parts): Snapshot => {
    const networks = parts.networks.map(networkFrom);
    const nodes = parts.nodes.map(({ pool, last, deleting, podCIDR }, index) =>
      node(`node-${index}`, {
        labels: { pool },
        addresses: last === null ? [] : [`192.168.1.${last}`],
        podCIDRs: podCIDR === undefined ? [] : [podCIDR],
        meta: deleting ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {},
      }),
    );
    const claims: Claim[] = [];
    for (const part of parts.claims) {
      const own = networks[part.network]?.ranges ?? [];
      const any = networkOf("any", typeof part.range === "string" ? [part.range] : ranges.slice(part.range).slice(0, 1))
        .ranges[0];
      const range = (typeof part.range === "number" ? own[part.range % own.length] : any) ?? any ?? assert.fail();
      const size = 2 ** (range.subnetLength - range.prefix.length);
      const prefix = subnetAt(range.prefix, range.subnetLength, BigInt(part.index % size));
      if (claims.some((other) => prefixesOverlap(other.prefix, prefix))) continue;
      const owner = nodes[part.node] ?? node(`gone-${part.node}`);
      const of = networks[part.network] ?? { name: "gone", uid: "gone" };
      const state = { state: part.state, ...(part.state === "Held" && { heldAt: bornAt, releaseSequence: 1 }) };
      claims.push(claim(renderPrefix(prefix), owner, of, state));
    }
    const first = withLedger({ networks, nodes: nodes.slice(0, parts.served), claims, ledger: ledger({ releaseSequence: 9 }) });
    const whole = { ...applied(first), nodes };
    const told = nodeNetworkSteps(whole, allocate(whole)).flatMap(({ want }) => want ?? []);
    const records = told.flatMap((want, at) => recordFrom(want, parts.reports[at] ?? "none"));
    return { ...whole, records, claims: whole.claims.filter((_, at) => !parts.lost.includes(at)) };
  });

function recordFrom(want: NodeNetwork, report: string): NodeRecord[] {
  if (report === "none") return [];
  if (report === "told") return [record(want)];
  const free = report === "full" ? 0 : 99;
  const subnets = want.spec.subnets.map(({ cidr }) => ({
    cidr,
    leases: 0,
    free,
    ...(report === "drained" && { drained: true }),
  }));
  const status = { configGeneration: want.spec.configGeneration, observedAt: bornAt, nodeUID: want.spec.nodeUID, subnets };
  return [record({ ...want, status })];
}

/** The snapshot with all claims written as planned: Pending first, then promoted. */
function applied(snapshot: Snapshot): Snapshot {
  const write = (before: Snapshot, steps: ReturnType<typeof nodeSubnetSteps>) => {
    const objects = steps.flatMap(({ key, want }) =>
      want === undefined ? [] : [[key, { ...want, metadata: storedMeta(key) }] as const],
    );
    return withWritten(before, steps, new Map(objects));
  };
  const pending = write(snapshot, nodeSubnetSteps(snapshot, allocate(snapshot)));
  return write(pending, promotions(pending, allocate(pending)));
}

function texts(plan: Allocation): string[] {
  const names = (list: readonly Prefix[]) => list.map(renderPrefix).join(" ");
  return [
    ...plan.creates.map(
      ({ network, node, prefix, entry }) => `${node.name} ${network.name} ${renderPrefix(prefix)} ${entry.epoch}`,
    ),
    ...plan.failures.map((failure) => `${failure.node} ${failure.code} ${failure.message}`),
    ...plan.members.map(
      ({ node, network, claims, lost, surplus }) =>
        `${node.name} in ${network.name}: ${names(claims.map(({ prefix }) => prefix))}, lost ${names(lost)}, surplus ${surplus.length}`,
    ),
    ...plan.ambiguities.map((found) => `${found.node} between ${found.networks.map(({ name }) => name).join(" ")}`),
    ...plan.unselected,
  ];
}

test("nothing given overlaps a claim, a reserved prefix or anything else given, and all of it lies in an open entry, of its size", () => {
  let [given, again] = [0, 0];
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const plan = allocate(snapshot);
      for (const [index, { network, prefix, entry, because }] of plan.creates.entries()) {
        const isAgain = because.startsWith("its claim vanished");
        if (isAgain) again += 1;
        else given += 1;
        const others = [...snapshot.claims, ...plan.creates.slice(0, index)].map((other) => other.prefix);
        assert.ok(!others.some((other) => prefixesOverlap(other, prefix)));
        if (!isAgain) assert.ok(!network.reserved.some((other) => prefixesOverlap(other, prefix)));
        assert.ok(snapshot.ledger?.entries.includes(entry) && entry.open && entry.networkUID === network.uid);
        assert.ok(containsPrefix(entry.prefix, prefix) && entry.subnetLength === prefix.length);
      }
    }),
    { numRuns: 1_500 },
  );
  assert.ok(given > 300 && again > 15, `${given} subnets given, ${again} again: the property tried next to nothing`);
});

test("a plan that was carried out, first Pending and then Active, gives nothing more, and nobody then has less or other than before", () => {
  let given = 0;
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const before = allocate(snapshot);
      given += before.creates.length;
      const hadPending = snapshot.claims.some(({ object }) => object.spec.state === "Pending");
      const after = hadPending ? applied(applied(snapshot)) : applied(snapshot);
      const plan = allocate(after);
      assert.deepEqual([plan.creates, nodeSubnetSteps(after, plan), promotions(after, plan)], [[], [], []]);
      for (const { node, claims, network } of before.members) {
        if (claims.length === 0) continue;
        const now = plan.members.find((member) => member.node.name === node.name);
        assert.equal(now?.network.uid, network.uid);
        const names = now.claims.map(({ object }) => object.metadata.name);
        for (const { object } of claims) assert.ok(names.includes(object.metadata.name), object.metadata.name);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(given > 300, `only ${given} subnets were given`);
});

test("neither the plan nor what nodes are told depends on the order of any list", () => {
  const whole = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
  fc.assert(
    fc.property(
      snapshots.chain((snapshot) =>
        fc.tuple(
          fc.constant(snapshot),
          fc.record({
            ledger: fc.constant(snapshot.ledger),
            networks: whole(snapshot.networks),
            nodes: whole(snapshot.nodes),
            claims: whole(snapshot.claims),
            records: whole(snapshot.records),
          }),
        ),
      ),
      ([snapshot, shuffled]) => {
        const [one, other] = [allocate(snapshot), allocate(shuffled)];
        assert.deepEqual(texts(other), texts(one));
        const told = (view: Snapshot, plan: Allocation) => nodeNetworkSteps(view, plan).map(({ want }) => want);
        assert.deepEqual(told(shuffled, other), told(snapshot, one));
      },
    ),
    { numRuns: 500 },
  );
});

test("every node of a network has a subnet per family that the network gives, unless a failure names it or one of the two is being deleted", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const failed = new Set(allocate(snapshot).failures.map((failure) => failure.node));
      for (const { node, network, missing } of allocate(applied(snapshot)).members) {
        if (failed.has(node.name) || node.deleting || network.deleting || network.issues.length > 0) continue;
        assert.deepEqual(missing, []);
      }
    }),
    { numRuns: 500 },
  );
});

const arbitraryEntry = fc.record({
  cidr: fc.constantFrom(...ranges, "10.0.0.0/16", "10.0.4.0/22", "fd00::/48"),
  nodePrefixLength: fc.constantFrom(22, 24, 64),
  network: fc.nat(4),
  epoch: fc.nat(9),
  state: fc.constantFrom<RangeLedgerEntry["state"]>("Open", "Closing"),
});

test("whatever the ledger holds, its next state has no overlap that it did not have before, opens nothing again, and gives no epoch twice", () => {
  let entered = 0;
  fc.assert(
    fc.property(snapshots, fc.array(arbitraryEntry, { maxLength: 5 }), fc.nat(9), (snapshot, parts, epoch) => {
      const entries = parts.map(
        (part): RangeLedgerEntry => ({ ...part, network: `network-${part.network}`, networkUID: `uid-network-${part.network}` }),
      );
      const now = ledger({ epoch, entries });
      const plan = planLedger({ ...snapshot, ledger: now });
      const known = now.entries.map((entry) => entry.epoch);
      const isNew = (one: (typeof plan.entries)[number]) =>
        !now.entries.some((entry) => entry.epoch === one.epoch && entry.cidr === one.cidr && entry.networkUID === one.networkUID);
      for (const one of plan.entries.filter(isNew)) {
        entered += 1;
        assert.ok(one.epoch > Math.max(epoch, ...known));
        assert.equal(plan.entries.filter((other) => prefixesOverlap(other.prefix, one.prefix)).length, 1);
        assert.equal(plan.entries.filter((other) => other.epoch === one.epoch).length, 1);
      }
      const opened = (list: typeof plan.entries) => list.filter(({ open }) => open).length;
      assert.ok(opened(plan.entries.filter((one) => !isNew(one))) <= opened(now.entries));
    }),
    { numRuns: 1_000 },
  );
  assert.ok(entered > 200, `only ${entered} ranges entered`);
});

test("a ledger that grows from nothing, as networks come and go, is disjoint at every step", () => {
  fc.assert(
    fc.property(fc.array(snapshots, { minLength: 2, maxLength: 5 }), (views) => {
      let stands = ledger();
      for (const view of views) {
        const { entries } = planLedger({ ...view, ledger: stands });
        for (const [at, one] of entries.entries())
          for (const other of entries.slice(at + 1)) assert.ok(!prefixesOverlap(one.prefix, other.prefix));
        const epoch = Math.max(stands.object.spec.epoch, ...entries.map((entry) => entry.epoch));
        stands = ledger({
          epoch,
          entries: entries.map(({ cidr, subnetLength, network, networkUID, epoch, open }) => {
            return { cidr, nodePrefixLength: subnetLength, network, networkUID, epoch, state: open ? "Open" : "Closing" };
          }),
        });
      }
    }),
    { numRuns: 200 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { NodeNetworkStatus, NodeSubnetSpec, PodNetworkStatus } from "../../crds/types.ts";
import {
  bornAt,
  bornAtMs,
  claim,
  condition,
  ledger,
  network as networkWith,
  node,
  withLedger,
} from "../../test/support/plan-snapshot.ts";
import { nodeOf, recordsOf, reportAt, statusOf, told, worldOf } from "../../test/support/status-world.ts";
import type { Blockers } from "./finalize.ts";
import { joiningMs } from "./node-progress.ts";
import { readNetwork } from "./read.ts";
import type { Network, NodeFacts, Readiness, Snapshot } from "./snapshot.ts";

const members = 5_000;
/** Agents of a large cluster give signs of life every few minutes. */
const later = bornAtMs + 6 * joiningMs;
const cidrs = ["10.0.0.0/8", ...Array.from({ length: 15 }, (_, index) => `fd00:${(index + 16).toString(16)}:ffff:ffff::/64`)];
const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 80 : 24 }));

/** A name as long as a Node's may be, alike on every call. */
function longName(number: number): string {
  const end = `node-${number}`;
  return `${"n".repeat(60)}.`.repeat(4).slice(0, 252 - end.length) + `x${end}`;
}

function cidrsOf(number: number): string[] {
  const part = number === 0 ? "" : `:${number.toString(16)}`;
  return [`10.${Math.floor(number / 250)}.${number % 250}.0/24`, `fd00:10:ffff:ffff${part}::/80`];
}

const nodes: readonly NodeFacts[] = Array.from({ length: members }, (_, index) => {
  const addresses = [`172.16.${Math.floor(index / 250)}.${index % 250}`];
  const podCIDRs = [`192.168.${index % 250}.0/24`];
  return node(longName(index), { addresses, podCIDRs, conditions: [{ type: "Ready", status: "True" }] });
});

const worst = condition("Programmed", "False", { reason: "LinkFailed", message: '€"\\ '.repeat(1_000) });
const lost = reportAt(bornAtMs, "True");
const reports = {
  programmed: reportAt(later, "True"),
  failing: { ...reportAt(later, "False"), conditions: [worst] },
  silent: lost,
};

interface World {
  readonly network: Network;
  readonly state?: Partial<NodeSubnetSpec>;
  readonly report?: NodeNetworkStatus;
  /** As the network was when the nodes were told. */
  readonly before?: Network;
}

function large({ network, state = {}, report, before = { ...network, deleting: false } }: World): Snapshot {
  const claims = nodes.flatMap((owner, index) => cidrsOf(index).map((cidr) => claim(cidr, owner, network, state)));
  const bare = withLedger({ networks: [network], nodes, claims });
  if (report === undefined) return bare;
  const told = large({ network: before });
  return { ...bare, records: recordsOf(told, Object.fromEntries(nodes.map(({ name }) => [name, report]))) };
}

/** What comes of the next pass, when the status was stored. */
function after(snapshot: Snapshot, status: PodNetworkStatus): Snapshot {
  const [first, ...rest] = snapshot.networks;
  if (first === undefined) return assert.fail();
  return { ...snapshot, networks: [readNetwork({ ...first.object, status: JSON.parse(JSON.stringify(status)) }), ...rest] };
}

const plain = { spec: { ranges } };
const rival = networkWith({ name: "rival", spec: { ranges: [{ cidr: "11.0.0.0/8", nodePrefixLength: 24 }] } });
const young = "2026-01-01T00:00:01Z";
const deletionTimestamp = "2026-01-02T00:00:00Z";
const draining = ranges.map((range, index) => (index === 0 ? ({ ...range, state: "Draining" } as const) : range));

interface Worst {
  readonly snapshot: Snapshot;
  /** What its status must say, lest it be another world. */
  readonly says: string;
  readonly blockers?: Blockers;
}

/** By what the nodes are. */
const worlds: Readonly<Record<string, Worst>> = {
  "programmed, no longer selected, with other podCIDRs": {
    snapshot: large({
      network: networkWith({ spec: { ranges, nodeSelector: { matchLabels: { pool: "none" } } } }),
      report: reports.programmed,
    }),
    says: "NodesUnselected True/NodesUnselected: ",
  },
  "failing with long messages": {
    snapshot: large({ network: networkWith(plain), report: reports.failing }),
    says: "Ready False/NodesFailing: 5000 nodes",
  },
  silent: {
    snapshot: large({ network: networkWith(plain), report: reports.silent }),
    says: "Ready Unknown/NodesSilent: ",
  },
  "claimed, not told": {
    snapshot: large({ network: networkWith(plain) }),
    says: "Ready False/Programming: waiting for 5000 nodes",
  },
  "without a subnet": {
    snapshot: withLedger({
      networks: [networkWith({ spec: { ranges: ranges.slice(0, 1), reserved: [{ cidr: "10.0.0.0/8" }] } })],
      nodes,
    }),
    says: "Stalled True/RangeExhausted: ",
  },
  "selected by two": {
    snapshot: withLedger({ networks: [networkWith({ ...plain, meta: { creationTimestamp: young } }), rival], nodes }),
    says: "Stalled True/AmbiguousSelection: ",
  },
  "without an accepted range": {
    snapshot: withLedger({
      networks: [
        networkWith({ spec: { ranges, nodeSelector: { matchLabels: { pool: "none" } } }, meta: { creationTimestamp: young } }),
        networkWith({ name: "r".repeat(253), spec: { ranges } }),
      ],
      nodes,
    }),
    says: "Accepted False/OverlapsWith: ",
  },
  "moving off a range that is the only one": {
    snapshot: large({
      network: networkWith({ spec: { ranges: draining } }),
      report: reports.programmed,
      before: networkWith(plain),
    }),
    says: "Reconciling False/Settled: ",
  },
  "waiting for a lost ledger": {
    snapshot: recovering(large({ network: networkWith(plain), report: reports.programmed })),
    says: "Reconciling True/Recovering: LedgerLost",
  },
  "deleted with pods": {
    snapshot: large({ network: networkWith({ ...plain, meta: { deletionTimestamp } }), report: reports.failing }),
    says: "Ready False/Terminating: deletion waits: 5000 pods",
    blockers: { pods: members, nodes: nodes.map(({ name }) => ({ node: name, pods: 1 })) },
  },
  "deleted, all at rest": {
    snapshot: large({
      network: networkWith({ ...plain, meta: { deletionTimestamp } }),
      state: { state: "Held", heldAt: bornAt, releaseSequence: 1 },
    }),
    says: "Ready False/Terminating: deletion goes on",
    blockers: { pods: 0, nodes: [] },
  },
};

function recovering(snapshot: Snapshot): Snapshot {
  const recovery = { since: bornAt, until: "2026-01-01T00:05:00Z", reason: "LedgerLost" };
  return { ...snapshot, ledger: ledger({ ...snapshot.ledger?.object.spec, recovery }) };
}

for (const [state, { snapshot, says, blockers: found }] of Object.entries(worlds)) {
  test(`the status of 5,000 nodes that are ${state} is below 64 KiB, and the same again on the next pass`, () => {
    const { uid } = snapshot.networks[0] ?? assert.fail();
    const blockers = new Map(found && [[uid, found]]);
    const first = statusOf(snapshot, { nowMs: later, blockers });
    const [type = ""] = says.split(" ");
    assert.ok(told(first, type).startsWith(says), told(first, type));
    const bytes = Buffer.byteLength(JSON.stringify(first));
    console.log(`5,000 nodes ${state}: a status of ${bytes} bytes`);
    assert.ok(bytes < 64 * 1024, `${bytes} bytes`);
    assert.deepEqual(statusOf(after(snapshot, first), { nowMs: later + 5_000, blockers }), first);
    for (const { message } of first.conditions ?? []) assert.ok(message.length <= 4096);
    for (const { name, reason } of first.blockedBy ?? [])
      assert.ok(name.length <= 253 && reason.length <= 256 && reason.length > 0);
    assert.ok((first.blockedBy ?? []).length <= 10);
  });
}

test("whatever nodes report, a status settles: with nothing changed the pass after the next one gives the same", () => {
  const readiness = fc.constantFrom<Readiness>("True", "False", "Unknown", "Never");
  const report = fc.option(fc.record({ isTrue: fc.boolean(), isHeard: fc.boolean(), configGeneration: fc.constantFrom(0, 1) }), {
    nil: undefined,
  });
  const one = fc.record({ readiness, report, hasClaim: fc.boolean(), isYoung: fc.boolean(), podCIDR: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), fc.boolean(), fc.boolean(), (parts, wasReady, isOld) => {
      const nowMs = later;
      const ready = { conditions: [condition("Ready", wasReady ? "True" : "False")] };
      const meta = { creationTimestamp: isOld ? "2025-12-31T00:00:00Z" : "2026-01-01T00:04:00Z" };
      const network = networkWith({ status: ready, meta });
      const all = parts.map(({ readiness, isYoung, podCIDR }, index) =>
        nodeOf(index + 1, readiness, {
          ...(podCIDR && { podCIDRs: ["10.244.9.0/24"] }),
          ...(isYoung && { meta: { creationTimestamp: "2026-01-01T00:04:00Z" } }),
        }),
      );
      const said = parts.flatMap(({ report, hasClaim }, index): [string, NodeNetworkStatus | undefined][] => {
        if (!hasClaim) return [];
        const at = report?.isHeard === true ? nowMs : bornAtMs;
        const { configGeneration = 0, isTrue = true } = report ?? {};
        return [[`node-${index + 1}`, report && reportAt(at, isTrue ? "True" : "False", { configGeneration })]];
      });
      const snapshot = worldOf(network, all, Object.fromEntries(said));
      const first = statusOf(snapshot, { nowMs });
      const second = statusOf(after(snapshot, first), { nowMs: nowMs + 1_000 });
      const third = statusOf(after(snapshot, second), { nowMs: nowMs + 2_000 });
      assert.deepEqual(third, second);
      if (isOld) assert.deepEqual(second, first);
      const { nodes: counts } = first;
      assert.ok(counts && counts.programmed + counts.joining + counts.degraded <= counts.selected);
      const ofType = (type: string) => first.conditions?.find((condition) => condition.type === type)?.status;
      assert.equal(
        ofType("Ready") === "True",
        ["Accepted", "Allocated", "Programmed"].every((type) => ofType(type) === "True"),
      );
      if (counts.selected > 0 && counts.programmed === 0) assert.notEqual(ofType("Ready"), "True");
    }),
  );
});

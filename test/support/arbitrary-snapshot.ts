import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { NodeNetwork, NodeSubnetSpec } from "../../crds/types.ts";
import { containsPrefix, prefixesOverlap, renderPrefix, subnetAt, toPrefix } from "../../lib/net/prefix.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { nodeSubnetSteps, promotions } from "../../operator/plan/node-subnets.ts";
import type { Claim, NodeRecord, Snapshot } from "../../operator/plan/snapshot.ts";
import { withWritten } from "../../operator/plan/written.ts";
import { bornAt, claim, ledger, networkOf, node, record, storedMeta, withLedger } from "./plan-snapshot.ts";

/** The ranges that networks have some of; some of them overlap. */
export const ranges = ["10.0.0.0/21", "10.0.8.0/22", "10.0.0.0/22", "fd00::/61", "fd00:0:0:8::/62"];
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
  /** An address that lies in ranges. */
  within: fc.constantFrom("10.0.2.7", "fd00:0:0:2::7", "10.0.9.200", undefined, undefined, undefined),
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
export const snapshots = fc
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
    const nodes = parts.nodes.map(({ pool, last, within, deleting, podCIDR }, index) =>
      node(`node-${index}`, {
        labels: { pool },
        addresses: last === null ? [] : [`192.168.1.${last}`],
        external: within === undefined ? [] : [within],
        podCIDRs: podCIDR === undefined ? [] : [podCIDR],
        meta: deleting ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {},
      }),
    );
    const claims: Claim[] = [];
    for (const part of parts.claims) {
      const own = networks[part.network]?.ranges ?? [];
      const stray = networkOf("any", typeof part.range === "string" ? [part.range] : ranges.slice(part.range).slice(0, 1))
        .ranges[0];
      const range = (typeof part.range === "number" ? own[part.range % own.length] : stray) ?? stray ?? assert.fail();
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
export function applied(snapshot: Snapshot): Snapshot {
  const write = (before: Snapshot, steps: ReturnType<typeof nodeSubnetSteps>) => {
    const objects = steps.flatMap(({ key, want }) =>
      want === undefined ? [] : [[key, { ...want, metadata: storedMeta(key) }] as const],
    );
    return withWritten(before, steps, { failures: [], objects: new Map(objects) });
  };
  const pending = write(snapshot, nodeSubnetSteps(snapshot, allocate(snapshot)));
  return write(pending, promotions(pending, allocate(pending)));
}

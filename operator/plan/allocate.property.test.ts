import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { containsPrefix, prefixesOverlap, renderPrefix, subnetAt, toPrefix } from "../../lib/net/prefix.ts";
import { claim, networkOf, node } from "../../test/support/plan-snapshot.ts";
import { allocate, type Allocation } from "./allocate.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

const ranges = ["10.0.0.0/21", "10.0.8.0/22", "10.0.0.0/22", "fd00::/61", "fd00:0:0:8::/62"];
const pools = ["x", "y"];

const arbitraryNetwork = fc.record({
  cidrs: fc.subarray(ranges, { minLength: 1 }),
  reserved: fc.subarray(["10.0.0.0/24", "10.0.2.0/23", "10.0.9.128/25", "fd00:0:0:1::/64"]),
  pool: fc.constantFrom(...pools, undefined),
  second: fc.integer({ min: 0, max: 2 }),
});

const arbitraryNode = fc.record({
  pool: fc.constantFrom(...pools),
  last: fc.option(fc.integer({ min: 1, max: 9 })),
  deleting: fc.boolean(),
});

/** Networks, some of them overlapping or unreadable; nodes; and claims of some nodes, cut from their network or not. */
const snapshots = fc
  .record({
    networks: fc.array(arbitraryNetwork, { maxLength: 4 }),
    nodes: fc.array(arbitraryNode, { maxLength: 9 }),
    claims: fc.array(fc.record({ network: fc.nat(4), node: fc.nat(11), range: fc.constantFrom(...ranges), index: fc.nat(15) }), {
      maxLength: 8,
    }),
  })
  .map((parts): Snapshot => {
    const networks = parts.networks.map(({ cidrs, reserved, pool, second }, index) =>
      networkOf(`network-${index}`, cidrs, {
        spec: {
          ...(pool !== undefined && { nodeSelector: { matchLabels: { pool } } }),
          reserved: reserved
            .filter((cidr) => cidrs.some((range) => containsPrefix(toPrefix(range), toPrefix(cidr))))
            .map((cidr) => ({ cidr })),
        },
        meta: { creationTimestamp: `2026-01-01T00:00:0${second}Z` },
      }),
    );
    const nodes = parts.nodes.map(({ pool, last, deleting }, index) =>
      node(`node-${index}`, {
        labels: { pool },
        addresses: last === null ? [] : [`192.168.1.${last}`],
        meta: deleting ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {},
      }),
    );
    const claims: Claim[] = [];
    for (const part of parts.claims) {
      const range = networkOf("any", [part.range]).ranges[0] ?? assert.fail();
      const prefix = subnetAt(
        range.prefix,
        range.subnetLength,
        BigInt(part.index % 2 ** (range.subnetLength - range.prefix.length)),
      );
      if (claims.some((other) => prefixesOverlap(other.prefix, prefix))) continue;
      const owner = nodes[part.node] ?? node(`gone-${part.node}`);
      claims.push(claim(renderPrefix(prefix), owner, networks[part.network] ?? { name: "gone", uid: "gone" }));
    }
    return { networks, nodes, claims, records: [] };
  });

function created(plan: Allocation): Claim[] {
  return plan.creates.map(({ network, node, prefix }) => claim(renderPrefix(prefix), node, network));
}

function texts(plan: Allocation): string[] {
  return [
    ...plan.creates.map(({ network, node, prefix }) => `${node.name} ${network.name} ${renderPrefix(prefix)}`),
    ...plan.failures.map((failure) => `${failure.node} ${failure.code} ${failure.message}`),
    ...plan.members.map(
      ({ node, network, claims }) =>
        `${node.name} in ${network.name} ${claims.map(({ prefix }) => renderPrefix(prefix)).join(" ")}`,
    ),
  ];
}

test("nothing given overlaps a claim, a reserved prefix or anything else given, and all of it lies in an accepted range of its size", () => {
  let given = 0;
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const plan = allocate(snapshot);
      given += plan.creates.length;
      for (const [index, { network, prefix }] of plan.creates.entries()) {
        const others = [...snapshot.claims, ...plan.creates.slice(0, index)].map((other) => other.prefix);
        assert.ok(![...others, ...network.reserved].some((other) => prefixesOverlap(other, prefix)));
        const home = plan.acceptance.get(network.uid)?.accepted.find((range) => containsPrefix(range.prefix, prefix));
        assert.equal(prefix.length, home?.subnetLength);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(given > 500, `only ${given} subnets were given: the property tried next to nothing`);
});

test("the plan is empty once its own creates are among the claims, and nobody then has less or other than before", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const before = allocate(snapshot);
      const after = allocate({ ...snapshot, claims: [...snapshot.claims, ...created(before)] });
      assert.deepEqual(after.creates, []);
      for (const { node, claims, network } of before.members) {
        const now = after.members.find((member) => member.node.name === node.name);
        assert.equal(now?.network.uid, network.uid);
        for (const kept of claims) assert.ok(now.claims.includes(kept));
      }
    }),
    { numRuns: 500 },
  );
});

test("the plan does not depend on the order of any list", () => {
  const whole = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
  fc.assert(
    fc.property(
      snapshots.chain((snapshot) =>
        fc.tuple(
          fc.constant(snapshot),
          fc.record({
            networks: whole(snapshot.networks),
            nodes: whole(snapshot.nodes),
            claims: whole(snapshot.claims),
            records: fc.constant([]),
          }),
        ),
      ),
      ([snapshot, shuffled]) => assert.deepEqual(texts(allocate(shuffled)), texts(allocate(snapshot))),
    ),
    { numRuns: 500 },
  );
});

test("every node of a network has one subnet per family, unless a failure names it or it is being deleted", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const before = allocate(snapshot);
      const after = allocate({ ...snapshot, claims: [...snapshot.claims, ...created(before)] });
      const failed = new Set(before.failures.map((failure) => failure.node));
      for (const { node, network, missing, claims } of after.members) {
        if (failed.has(node.name) || node.deleting || network.issues.length > 0) continue;
        assert.deepEqual(missing, []);
        const families = claims.map(({ prefix }) => prefix.family);
        assert.equal(new Set(families).size, families.length);
      }
    }),
    { numRuns: 500 },
  );
});

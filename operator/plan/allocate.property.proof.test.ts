import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { containsPrefix, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import { applied, snapshots } from "../../test/support/arbitrary-snapshot.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { nodeSubnetSteps, promotions } from "./node-subnets.ts";
import type { Snapshot } from "./snapshot.ts";

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
    ...plan.unserved.map((found) => `${found.node} of ${found.networks.map(({ name }) => name).join(" ")}`),
  ];
}

test("nothing given overlaps a claim, a reserved prefix, a node's address or anything else given, and all of it lies in an open entry, of its size", () => {
  let [given, again, narrow] = [0, 0, 0];
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const plan = allocate(snapshot);
      for (const [index, { network, prefix, entry, because }] of plan.creates.entries()) {
        const isAgain = because.startsWith("its claim vanished");
        if (isAgain) again += 1;
        else given += 1;
        const others = [...snapshot.claims, ...plan.creates.slice(0, index)].map((other) => other.prefix);
        assert.ok(!others.some((other) => prefixesOverlap(other, prefix)));
        const hosts = snapshot.nodes.flatMap((node) => node.hosts);
        if (hosts.some((host) => containsPrefix(entry.prefix, host))) narrow += 1;
        if (!isAgain) assert.ok(![...network.reserved, ...hosts].some((other) => prefixesOverlap(other, prefix)));
        assert.ok(snapshot.ledger?.entries.includes(entry) && entry.open && entry.networkUID === network.uid);
        assert.ok(containsPrefix(entry.prefix, prefix) && entry.subnetLength === prefix.length);
      }
    }),
    { numRuns: 1_500 },
  );
  const tried = `${given} subnets given, ${again} again, ${narrow} beside a node's address: the property tried next to nothing`;
  assert.ok(given > 300 && again > 15 && narrow > 100, tried);
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

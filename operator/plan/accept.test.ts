import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { claim, networkOf, node } from "../../test/support/plan-snapshot.ts";
import { acceptRanges, isUsable } from "./accept.ts";
import type { Claim, Network } from "./snapshot.ts";

const younger = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };

/** Network name → accepted ranges. */
function acceptedOf(networks: readonly Network[], claims: readonly Claim[] = []): Record<string, string[]> {
  const acceptance = acceptRanges(networks, claims);
  return Object.fromEntries(networks.map(({ name, uid }) => [name, acceptance.get(uid)?.accepted.map(({ cidr }) => cidr) ?? []]));
}

test("of two overlapping networks the older is accepted and the other names it", () => {
  const old = networkOf("old", ["10.244.0.0/16"]);
  const late = networkOf("late", ["10.0.0.0/8"], younger);
  assert.deepEqual(acceptedOf([late, old]), { old: ["10.244.0.0/16"], late: [] });
  const [refusal] = acceptRanges([late, old], []).get(late.uid)?.refused ?? [];
  assert.deepEqual([refusal?.range.cidr, refusal?.by], ["10.0.0.0/8", { network: "old", cidr: "10.244.0.0/16" }]);
});

test("of two overlapping networks of the same second the first by name is accepted", () => {
  const networks = [networkOf("b", ["10.244.0.0/16"]), networkOf("a", ["10.244.0.0/17"])];
  assert.deepEqual(acceptedOf(networks), { a: ["10.244.0.0/17"], b: [] });
});

test("a network with claims never loses to a newcomer, though that one look older", () => {
  const serving = networkOf("serving", ["10.244.0.0/16"], younger);
  const newcomer = networkOf("newcomer", ["10.244.0.0/16"]);
  const claims = [claim("10.244.1.0/24", node("node-1"), serving)];
  assert.deepEqual(acceptedOf([newcomer, serving], claims), { serving: ["10.244.0.0/16"], newcomer: [] });
});

test("a range accepted before stays accepted while it has no claims yet", () => {
  const range = { cidr: "10.244.0.0/16", accepted: true, total: 256, allocated: 0, reserved: 0, free: 256 };
  const known = networkOf("known", ["10.244.0.0/16"], { ...younger, status: { ranges: [range] } });
  assert.deepEqual(acceptedOf([networkOf("a", ["10.244.0.0/16"]), known]), { a: [], known: ["10.244.0.0/16"] });
});

test("a range appended over another network's is refused alone; what the network had stays", () => {
  const one = networkOf("one", ["10.244.0.0/16", "10.245.0.0/16"]);
  const two = networkOf("two", ["10.245.0.0/16"], younger);
  const claims = [claim("10.244.1.0/24", node("node-1"), one), claim("10.245.1.0/24", node("node-2"), two)];
  assert.deepEqual(acceptedOf([one, two], claims), { one: ["10.244.0.0/16"], two: ["10.245.0.0/16"] });
});

test("a refused network is accepted when the other one is gone", () => {
  assert.deepEqual(acceptedOf([networkOf("late", ["10.0.0.0/8"], younger)]), { late: ["10.0.0.0/8"] });
});

test("a network is usable when each of its families has an accepted range", () => {
  const blocker = networkOf("blocker", ["10.244.0.0/16"]);
  const dual = networkOf("dual", ["10.244.0.0/16", "fd00:10:244::/48"], younger);
  const leaving = networkOf("leaving", ["10.1.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const acceptance = acceptRanges([blocker, dual, leaving], []);
  assert.deepEqual(
    [blocker, dual, leaving].map((network) => isUsable(network, acceptance.get(network.uid))),
    [true, false, false],
  );
});

const smallNetwork = fc.record({
  name: fc.constantFrom("a", "b", "c", "d", "e"),
  second: fc.integer({ min: 0, max: 2 }),
  bits: fc.integer({ min: 0, max: 3 }),
  index: fc.integer({ min: 0, max: 7 }),
});

const smallNetworks = fc.uniqueArray(smallNetwork, { selector: ({ name }) => name, maxLength: 5 }).map((parts) =>
  parts.map(({ name, second, bits, index }) => {
    const cidr = `10.${(index % 2 ** bits) * 2 ** (8 - bits)}.0.0/${8 + bits}`;
    return networkOf(name, [cidr], { meta: { creationTimestamp: `2026-01-01T00:00:0${second}Z` } });
  }),
);

test("accepted ranges are disjoint, every refused one overlaps its winner, and no order matters", () => {
  fc.assert(
    fc.property(
      smallNetworks.chain((networks) =>
        fc.tuple(fc.constant(networks), fc.shuffledSubarray(networks, { minLength: networks.length })),
      ),
      ([networks, shuffled]) => {
        const acceptance = acceptRanges(networks, []);
        const accepted = [...acceptance.values()].flatMap((part) => part.accepted);
        for (const [index, one] of accepted.entries())
          for (const other of accepted.slice(index + 1)) assert.ok(!prefixesOverlap(one.prefix, other.prefix));
        for (const { refused } of acceptance.values())
          for (const { range, by } of refused) {
            const winner = accepted.find(({ cidr }) => cidr === by.cidr);
            assert.ok(winner !== undefined && prefixesOverlap(winner.prefix, range.prefix));
          }
        assert.deepEqual(
          acceptedOf(shuffled),
          Object.fromEntries(shuffled.map(({ name }) => [name, acceptedOf(networks)[name]])),
        );
      },
    ),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Prefix, prefixAround, prefixesOverlap } from "../../lib/net/prefix.ts";
import { claimObject, claimsOf } from "../../test/support/node-view.ts";
import { knownClaims, lostEntries } from "./losses.ts";
import { overlapFinder } from "./overlap.ts";

const two = claimsOf([claimObject(2)]);
const names = (claims: readonly { readonly name: string }[]) => claims.map(({ name }) => name);

test("a claim that vanishes is lost and still counts, and that it is lost stays known", () => {
  const first = knownClaims(two, claimsOf([claimObject(3)]));
  assert.deepEqual(names(first.claims), ["10.244.2.0-24", "10.244.3.0-24"]);
  const second = knownClaims(first.claims, claimsOf([claimObject(3)]));
  assert.deepEqual(lostEntries(second.lost, "node-1"), [{ cidr: "10.244.2.0/24", node: "node-2", nodeUID: "uid-node-2" }]);
});

test("a claim that was Held, or never more than Pending, goes without a trace", () => {
  const held = claimsOf([claimObject(2, { state: "Held" })]);
  assert.deepEqual(knownClaims(held, []), { claims: [], lost: [] });
  const pending = knownClaims([], claimsOf([claimObject(2, { state: "Pending" })]));
  assert.deepEqual(pending, { claims: [], lost: [] });
});

test("a claim that is brought back at rest, without a word of how its node is reached, is reached as before; another Node's is not", () => {
  const returned = (part: object) => claimsOf([claimObject(2, { state: "Held", nextHops: [], nodeAddresses: [], ...part })]);
  const known = claimsOf([claimObject(2, { routing: { mode: "VXLAN", tunnelTo: "AllPeers", port: 4789 } })]);
  const [before, after] = [known, knownClaims(known, returned({})).claims].map((claims) => claims[0]);
  assert.ok(before?.nextHops.length === 2 && before.tunnel !== undefined);
  assert.deepEqual(after, {
    ...returned({})[0],
    nextHops: before.nextHops,
    nodeAddresses: before.nodeAddresses,
    tunnel: before.tunnel,
  });
  assert.deepEqual(knownClaims(known, returned({ nodeUID: "another" })).claims[0]?.nextHops, []);
  assert.deepEqual(knownClaims(known, returned({ nextHops: ["192.168.1.99"] })).claims, returned({ nextHops: ["192.168.1.99"] }));
});

test("a loss ends when a claim overlaps it, whosever and of whatever size, but not by a Pending one", () => {
  const ends = (part: Parameters<typeof claimObject>[1]) => knownClaims(two, claimsOf([claimObject(4, part)])).lost.length === 0;
  assert.ok(ends({ cidr: "10.244.2.0/24" }));
  assert.ok(ends({ cidr: "10.244.2.128/25" }));
  assert.ok(ends({ cidr: "10.244.0.0/16", state: "Held" }));
  assert.ok(!ends({ cidr: "10.244.2.0/24", state: "Pending" }));
  assert.ok(!ends({ cidr: "10.244.4.0/24" }));
});

test("a loss ends where the operator says to forget it, and no other one with it", () => {
  const known = claimsOf([claimObject(2), claimObject(3)]);
  assert.deepEqual(names(knownClaims(known, [], ["10.244.2.0/24", "10.244.9.0/24"]).lost), ["10.244.3.0-24"]);
  assert.deepEqual(names(knownClaims(known, known, ["10.244.2.0/24"]).claims), ["10.244.2.0-24", "10.244.3.0-24"]);
});

test("a claim that comes back as Pending after it was Active still counts as it was", () => {
  const { claims, lost } = knownClaims(two, claimsOf([claimObject(2, { state: "Pending" })]));
  assert.deepEqual([claims, lost], [two, two]);
});

test("the losses reported are others' alone, and 64 at most", () => {
  const many = claimsOf(Array.from({ length: 70 }, (_, n) => claimObject(n + 1)));
  const { lost } = knownClaims(many, []);
  const entries = lostEntries(lost, "node-1");
  assert.deepEqual([lost.length, entries.length, entries[0]?.node], [70, 64, "node-2"]);
});

test("overlap is found as by comparing with each", () => {
  const prefix: fc.Arbitrary<Prefix> = fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.bigInt({ min: 0n, max: 255n }), fc.integer({ min: 0, max: 8 }))
    .map(([family, value, hostBits]) => prefixAround({ family, value }, (family === 4 ? 32 : 128) - hostBits));
  fc.assert(
    fc.property(fc.array(prefix), prefix, (prefixes, asked) => {
      assert.equal(
        overlapFinder(prefixes)(asked),
        prefixes.some((one) => prefixesOverlap(one, asked)),
      );
    }),
  );
});

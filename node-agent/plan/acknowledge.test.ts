import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import { claimObject, claimsOf } from "../../test/support/node-view.ts";
import { acknowledge } from "./acknowledge.ts";

function held(n: number, releaseSequence: number | undefined, part: Partial<NodeSubnetSpec> = {}) {
  const number = releaseSequence === undefined ? {} : { releaseSequence };
  return claimObject(n, { state: "Held", heldAt: "2026-01-01T00:00:00Z", ...number, ...part });
}

const nothingOffered = () => false;

test("the highest number of a Held claim under the spec's incarnation is acknowledged", () => {
  const claims = claimsOf([held(2, 4), held(3, 9), held(4, undefined), held(5, 77, { incarnation: "ledger-0" }), claimObject(6)]);
  assert.deepEqual(acknowledge(undefined, { incarnation: "ledger-1", claims, isOffered: nothingOffered }), {
    incarnation: "ledger-1",
    sequence: 9,
  });
});

test("what was acknowledged stays so when its claim is gone, and counts for nothing under another incarnation", () => {
  const before = { incarnation: "ledger-1", sequence: 9 };
  const next = (incarnation: string | undefined) =>
    acknowledge(before, { incarnation, claims: claimsOf([held(2, 4)]), isOffered: nothingOffered });
  assert.deepEqual(next("ledger-1"), before);
  assert.deepEqual(next("ledger-2"), { incarnation: "ledger-2", sequence: 0 });
  assert.deepEqual(next(undefined), before, "a node without a spec");
});

test("a release of an own subnet that is still offered to new pods, and any later one, is not acknowledged yet", () => {
  const claims = claimsOf([held(2, 4), held(1, 6), held(3, 9)]);
  const seen = { incarnation: "ledger-1", claims };
  assert.equal(acknowledge(undefined, { ...seen, isOffered: (claim) => claim.node === "node-1" })?.sequence, 4);
  assert.equal(acknowledge(undefined, { ...seen, isOffered: nothingOffered })?.sequence, 9);
});

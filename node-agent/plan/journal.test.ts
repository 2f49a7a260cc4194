import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { toPrefix } from "../../lib/net/prefix.ts";
import { claimObject, claimsOf, dualClaims, dualSpec } from "../../test/support/node-view.ts";
import type { Claim } from "./claim.ts";
import { type Journal, parseJournal, remembered, renderJournal } from "./journal.ts";

const here = { machineID: "4f1f", bootID: "boot-2" };

function known(...objects: Parameters<typeof claimsOf>[0]): Claim[] {
  return claimsOf(objects).map(({ incarnation: _i, releaseSequence: _r, ...claim }) => claim);
}

const journal: Journal = {
  ...here,
  memory: {
    spec: dualSpec({ subnets: [{ cidr: "10.244.1.0/24", state: "Draining" }], mtu: { mode: "Fixed", value: 1400 } }),
    subnets: [{ prefix: toPrefix("10.244.1.0/24"), state: "Leaving", stale: false }],
    claims: known(...dualClaims(2), claimObject(3, { state: "Held", nextHops: [] })),
    acknowledged: { incarnation: "ledger-1", sequence: 7 },
  },
};

test("what is written down reads back", () => {
  assert.deepEqual(parseJournal(renderJournal(journal)), journal);
  const empty: Journal = {
    machineID: undefined,
    bootID: undefined,
    memory: { spec: undefined, subnets: [], claims: [], acknowledged: undefined },
  };
  assert.deepEqual(parseJournal(renderJournal(empty)), empty);
});

test("a text that is not a whole journal is none, and nothing throws", () => {
  const text = renderJournal(journal);
  const replaced = (from: string, to: string) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  };
  const others = [
    "",
    "null",
    "[]",
    "{}",
    text.slice(0, -10),
    replaced('"version":1', '"version":2'),
    replaced('"Held"', '"Pending"'),
    replaced('"cidr":"10.244.2.0/24"', '"cidr":"10.244.2.1/24"'),
    replaced('"node":"node-2"', '"node":2'),
    replaced('"nextHops":[]', '"nextHops":[1]'),
    replaced('"sequence":7', '"sequence":"7"'),
    replaced('"stale":false', '"stale":0'),
    replaced('"podRanges":', '"ranges":'),
    replaced('"bootID":"boot-2"', '"bootID":2'),
  ];
  for (const other of others) assert.equal(parseJournal(other), undefined, other);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => assert.equal(parseJournal(any), undefined)));
});

test("all of a journal holds in the boot that it was written in, and for own subnets no more than evidence in another", () => {
  assert.deepEqual(remembered(journal, here), journal.memory);
  const later = remembered(journal, { ...here, bootID: "boot-3" });
  assert.deepEqual(later, { ...journal.memory, subnets: journal.memory.subnets.map((subnet) => ({ ...subnet, stale: true })) });
  assert.equal(remembered({ ...journal, bootID: undefined }, { ...here, bootID: undefined })?.subnets[0]?.stale, true);
});

test("a journal of another machine, as on a copied disk, is not remembered", () => {
  assert.equal(remembered(journal, { ...here, machineID: "other" }), undefined);
});

test("a journal counts as of this machine where one of both is not known", () => {
  assert.deepEqual(remembered({ ...journal, machineID: undefined }, here), journal.memory);
  assert.deepEqual(remembered(journal, { ...here, machineID: undefined }), journal.memory);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../lib/kube/builtin.ts";
import { toPrefix } from "../lib/net/prefix.ts";
import { podNetworkOf } from "../test/support/network-sample.ts";
import { type Evidence, nothingAsked } from "./plan/evidence.ts";
import { neighboursOf } from "./plan/surroundings.ts";
import { sortEvidence } from "./sort-evidence.ts";

const nodeAt = (number: number): Node => ({
  metadata: { name: `node-${number}` },
  status: { addresses: [{ type: "InternalIP", address: `10.0.${number >> 8}.${number & 255}` }] },
});

test("nodes by the thousand are found as they would be one by one, and others have their turn meanwhile", async () => {
  const nodes = { items: Array.from({ length: 1_001 }, (_, number) => nodeAt(number)) };
  let turns = 0;
  const sorted = await sortEvidence({ ...nothingAsked, nodes }, async () => turns++);
  assert.equal(turns, 21);
  const range = toPrefix("10.0.2.0/23");
  const namesIn = (evidence: Evidence) => [...neighboursOf("nodes", evidence).found.touching(range)].map(({ name }) => name);
  assert.equal(namesIn(sorted).length, 1_001 - 512);
  assert.deepEqual(namesIn(sorted), namesIn({ ...nothingAsked, nodes }));
});

test("what could not be read stays unread, with its reason", async () => {
  const unread = { problem: "nodes: HTTP 503" };
  const sorted = await sortEvidence({ ...nothingAsked, nodes: unread, networks: unread });
  assert.deepEqual([sorted.ranges, sorted.neighbours?.nodes], [undefined, undefined]);
  assert.equal(neighboursOf("nodes", sorted).problem, unread.problem);
});

test("the ranges of all networks are sorted", async () => {
  const { ranges } = await sortEvidence({ ...nothingAsked, networks: { items: [podNetworkOf("other", ["10.9.0.0/16"])] } });
  assert.deepEqual(
    [...(ranges?.touching(toPrefix("10.9.1.0/24")) ?? [])].map(({ network }) => network),
    ["other"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, networkOf, node, record, storedMeta } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { isOwnerGone, isSurplus, releaseCandidates } from "./release.ts";

const network = networkOf("default", ["10.244.0.0/16"]);
const worker = node("node-1");
const used = claim("10.244.1.0/24", worker);
const extra = claim("10.244.2.0/24", worker);
const view = { networks: [network], nodes: [worker], claims: [used], records: [] };
const told = record(nodeNetworkSteps(view, allocate(view))[0]?.want ?? assert.fail());

test("an owner is gone when the server knows no such Node or another one of its name; one being deleted is there", () => {
  assert.equal(isOwnerGone("uid-node-1", undefined), true);
  assert.equal(isOwnerGone("uid-node-1", { metadata: storedMeta("node-1", { uid: "another" }) }), true);
  assert.equal(
    isOwnerGone("uid-node-1", { metadata: storedMeta("node-1", { deletionTimestamp: "2026-01-02T00:00:00Z" }) }),
    false,
  );
});

test("a claim is surplus only while its node's NodeNetwork names another one in its place", () => {
  assert.equal(isSurplus(extra.object, told.object), true);
  assert.equal(isSurplus(used.object, told.object), false);
  assert.equal(isSurplus(extra.object, undefined), false);
  assert.equal(isSurplus(claim("fd00:10:244:1::/64", worker).object, told.object), false);
  assert.equal(isSurplus(claim("10.9.0.0/24", worker, { name: "other", uid: "other" }).object, told.object), true);
  assert.equal(isSurplus(claim("10.244.2.0/24", node("node-1", { meta: { uid: "another" } })).object, told.object), false);
});

test("candidates are the claims of absent nodes and of earlier ones, surplus claims, and NodeNetworks of absent nodes", () => {
  const earlier = claim("10.244.3.0/24", node("node-1", { meta: { uid: "earlier" } }));
  const departed = claim("10.244.4.0/24", node("node-2"));
  const orphan = record({ ...told.object, metadata: { name: "node-2" } });
  const snapshot = { ...view, claims: [used, extra, earlier, departed], records: [told, orphan] };
  assert.deepEqual(releaseCandidates(snapshot, allocate(snapshot)), {
    departed: [earlier, departed],
    surplus: [extra],
    records: [orphan],
  });
});

// Objects that another version of podnet's schema took or filled in.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetwork } from "../../crds/types.ts";
import { claimOf, podNetworkOf } from "../../test/support/network-sample.ts";
import type { AdmissionRequest } from "./admission-review.ts";
import { type Evidence, nothingAsked } from "./evidence.ts";
import { evidenceFor, questionOf } from "./question.ts";
import { reviewPodNetwork } from "./review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };
const listening = { nowMs: Date.UTC(2026, 10, 24, 12), heartbeatSeconds: 60 };
const network = podNetworkOf;
const used = [claimOf("node-1", "10.244.1.0/24"), claimOf("node-2", "10.244.2.0/24")];

function request(operation: AdmissionRequest["operation"], next: unknown, old?: unknown): AdmissionRequest {
  return { uid: "u1", operation, resource, object: next, oldObject: old };
}

function reviewed(one: AdmissionRequest, networks: readonly PodNetwork[]) {
  return reviewPodNetwork(one, { ...nothingAsked, networks: { items: networks } }, listening);
}

test("an old object that another version of the schema took is no new one: what is kept is not judged, and what goes is", () => {
  const stored = network("default", ["10.244.0.0/16", "10.245.0.0/16"], { reserved: [{ cidr: "10.244.1.0/24" }] });
  const newer = {
    ...stored,
    spec: { ...stored.spec, newer: 1, ranges: stored.spec.ranges.map((range) => ({ ...range, newer: 1 })) },
  };
  const networks = { items: [stored, network("other", ["10.244.0.0/17"])] };
  const world: Evidence = { ...nothingAsked, networks, claims: { items: used } };
  const ask = (next: PodNetwork) => reviewPodNetwork(request("UPDATE", next, newer), world, listening);
  assert.equal(ask(stored).allowed, true, "a field that is known no more is taken out");
  const removed = ask(network("default", ["10.245.0.0/16"]));
  assert.deepEqual(
    removed.status?.details.causes.map(({ field, reason }) => [field, reason]),
    [["spec.ranges", "InUse"]],
  );
});

test("what a newer schema filled in is passed over, in a network that comes and in one that changes", () => {
  const newer = <T extends { readonly spec: object }>(given: T) => ({
    ...given,
    spec: { ...given.spec, encryption: { mode: "None" } },
  });
  const stored = newer(network("a", ["10.244.0.0/16"]));
  const first = reviewed(request("CREATE", stored), []);
  assert.deepEqual(first, reviewed(request("CREATE", network("a", ["10.244.0.0/16"])), []));
  assert.equal(first.allowed, true);
  // Of the range that was there before, nothing is said: the old object was read, too.
  const changed = newer(network("a", ["10.244.0.0/16"], { priority: 7 }));
  assert.deepEqual([...evidenceFor(questionOf(request("UPDATE", changed, stored)))], ["networks", "claims", "nodes"]);
  assert.equal(reviewed(request("UPDATE", changed, stored), [network("b", ["10.244.0.0/16"])]).allowed, true);
});

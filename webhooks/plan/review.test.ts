import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetwork } from "../../crds/types.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import { type AdmissionRequest, parseAdmissionRequest } from "./admission-review.ts";
import { reviewPodNetwork } from "./review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };

function object(name: string, cidrs: readonly string[], metadata: object = {}) {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name, ...metadata }, spec: { ranges } };
}

function network(name: string, cidrs: readonly string[]): PodNetwork {
  const parsed = parsePodNetwork(object(name, cidrs));
  assert.ok(parsed.value, JSON.stringify(parsed.issues));
  return parsed.value;
}

function request(operation: AdmissionRequest["operation"], next: unknown, old?: unknown): AdmissionRequest {
  return { uid: "u1", operation, resource, object: next, oldObject: old };
}

test("a network beside others is allowed", () => {
  const answer = reviewPodNetwork(request("CREATE", object("b", ["10.245.0.0/16"])), [network("a", ["10.244.0.0/16"])]);
  assert.deepEqual(answer, { uid: "u1", allowed: true });
});

test("a network that overlaps another is refused, with both ranges, both objects and the remedy in the message", () => {
  const answer = reviewPodNetwork(request("CREATE", object("b", ["10.240.0.0/12"])), [network("a", ["10.244.0.0/16"])]);
  assert.equal(answer.allowed, false);
  assert.equal(answer.status?.details.causes[0]?.field, "spec.ranges[0].cidr");
  assert.equal(answer.status?.details.causes[0]?.reason, "OverlapsWith");
  for (const word of ["10.240.0.0/12", "10.244.0.0/16", "PodNetwork/a", "choose"])
    assert.match(answer.status?.message ?? "", new RegExp(word));
});

test("all problems are named at once", () => {
  const bad = object("b", ["10.244.0.0/16", "fd00::/48"]);
  const answer = reviewPodNetwork(request("CREATE", bad), [network("a", ["10.244.0.0/17"]), network("c", ["fd00::/40"])]);
  assert.equal(answer.status?.details.causes.length, 2);
});

test("the loser of a race can be shrunk, and can change what is not a range", () => {
  const existing = [network("a", ["10.244.0.0/16"]), network("b", ["10.244.0.0/16", "10.250.0.0/16"])];
  const old = object("b", ["10.244.0.0/16", "10.250.0.0/16"]);
  assert.equal(reviewPodNetwork(request("UPDATE", object("b", ["10.250.0.0/16"]), old), existing).allowed, true);
  const relabelled = { ...old, spec: { ...old.spec, masquerade: { enabled: false } } };
  assert.equal(reviewPodNetwork(request("UPDATE", relabelled, old), existing).allowed, true);
});

test("a range added by an update is judged", () => {
  const existing = [network("a", ["10.244.0.0/16"]), network("b", ["10.250.0.0/16"])];
  const next = object("b", ["10.250.0.0/16", "10.244.128.0/17"]);
  assert.equal(reviewPodNetwork(request("UPDATE", next, object("b", ["10.250.0.0/16"])), existing).allowed, false);
});

test("an object being deleted, a deletion, and any other kind are let through", () => {
  const existing = [network("a", ["10.244.0.0/16"])];
  const dying = object("b", ["10.244.0.0/16"], { deletionTimestamp: "2026-01-01T00:00:00Z" });
  assert.equal(reviewPodNetwork(request("UPDATE", dying, dying), existing).allowed, true);
  assert.equal(reviewPodNetwork(request("DELETE", undefined, dying), existing).allowed, true);
  const pod = { ...request("CREATE", { kind: "Pod" }), resource: { group: "", version: "v1", resource: "pods" } };
  assert.equal(reviewPodNetwork(pod, existing).allowed, true);
});

test("an object that does not parse is refused with its path", () => {
  const answer = reviewPodNetwork(
    request("CREATE", { ...object("b", []), spec: { ranges: [{ cidr: 7, nodePrefixLength: 24 }] } }),
    [],
  );
  assert.equal(answer.allowed, false);
  assert.equal(answer.status?.details.causes[0]?.field, "spec.ranges[0].cidr");
});

for (const [what, body] of [
  ["nothing", undefined],
  ["a list", []],
  ["another kind", { kind: "Pod", apiVersion: "v1" }],
  ["no request", { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" }],
  ["no uid", { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { operation: "CREATE", resource } }],
  [
    "an unknown operation",
    { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid: "u", operation: "PUT", resource } },
  ],
] as const)
  test(`a body that is ${what} is no request, and the reason says what is missing`, () => {
    const parsed = parseAdmissionRequest(body);
    assert.ok("problem" in parsed && parsed.problem.length > 10);
  });

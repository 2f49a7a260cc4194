import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import { claimOf, nodeNetworkOf, podNetworkOf, rangeOf } from "../../test/support/network-sample.ts";
import { type AdmissionRequest, type AdmissionResponse, parseAdmissionRequest } from "./admission-review.ts";
import type { Evidence } from "./evidence.ts";
import { evidenceFor, questionOf } from "./question.ts";
import { reviewPodNetwork } from "./review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };
const listening = { nowMs: Date.UTC(2026, 10, 24, 12), heartbeatSeconds: 60 };

function object(name: string, cidrs: readonly string[], metadata: object = {}) {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name, ...metadata }, spec: { ranges } };
}

const network = podNetworkOf;

function request(operation: AdmissionRequest["operation"], next: unknown, old?: unknown): AdmissionRequest {
  return { uid: "u1", operation, resource, object: next, oldObject: old };
}

interface World {
  readonly networks?: readonly PodNetwork[];
  readonly claims?: readonly NodeSubnet[];
  readonly records?: readonly NodeNetwork[];
}

function evidence({ networks = [], claims = [], records = [] }: World): Evidence {
  const nothing = { items: [] };
  return {
    networks: { items: networks },
    claims: { items: claims },
    records: { items: records },
    ledgers: nothing,
    nodes: nothing,
    services: nothing,
  };
}

function reviewed(one: AdmissionRequest, networks: readonly PodNetwork[]): AdmissionResponse {
  return reviewPodNetwork(one, evidence({ networks }), listening);
}

test("a network beside others is allowed", () => {
  const answer = reviewed(request("CREATE", object("b", ["10.245.0.0/16"])), [network("a", ["10.244.0.0/16"])]);
  const warnings = [
    "spec.ranges[0]: 10.245.0.0/16 has room for 256 node subnets of 253 pod addresses each",
    "no node gets a subnet; 256 of 256 IPv4 node subnets are left",
  ];
  assert.deepEqual(answer, { uid: "u1", allowed: true, warnings });
});

test("a network that overlaps another is refused, with both ranges, both objects and the remedy in the message", () => {
  const answer = reviewed(request("CREATE", object("b", ["10.240.0.0/12"])), [network("a", ["10.244.0.0/16"])]);
  assert.equal(answer.allowed, false);
  assert.equal(answer.status?.details.causes[0]?.field, "spec.ranges[0].cidr");
  assert.equal(answer.status?.details.causes[0]?.reason, "OverlapsWith");
  for (const word of ["10.240.0.0/12", "10.244.0.0/16", "PodNetwork/a", "choose"])
    assert.match(answer.status?.message ?? "", new RegExp(word));
});

test("all problems are named at once", () => {
  const bad = object("b", ["10.244.0.0/16", "fd00::/48"]);
  const answer = reviewed(request("CREATE", bad), [network("a", ["10.244.0.0/17"]), network("c", ["fd00::/40"])]);
  assert.equal(answer.status?.details.causes.length, 2);
});

test("the loser of a race can be shrunk, and can change what is not a range", () => {
  const existing = [network("a", ["10.244.0.0/16"]), network("b", ["10.244.0.0/16", "10.250.0.0/16"])];
  const old = object("b", ["10.244.0.0/16", "10.250.0.0/16"]);
  assert.equal(reviewed(request("UPDATE", object("b", ["10.250.0.0/16"]), old), existing).allowed, true);
  const relabelled = { ...old, spec: { ...old.spec, masquerade: { enabled: false } } };
  assert.equal(reviewed(request("UPDATE", relabelled, old), existing).allowed, true);
});

test("a range added by an update is judged", () => {
  const existing = [network("a", ["10.244.0.0/16"]), network("b", ["10.250.0.0/16"])];
  const next = object("b", ["10.250.0.0/16", "10.244.128.0/17"]);
  assert.equal(reviewed(request("UPDATE", next, object("b", ["10.250.0.0/16"])), existing).allowed, false);
});

test("an object being deleted, a deletion, and any other kind are let through", () => {
  const existing = [network("a", ["10.244.0.0/16"])];
  const dying = object("b", ["10.244.0.0/16"], { deletionTimestamp: "2026-01-01T00:00:00Z" });
  assert.equal(reviewed(request("UPDATE", dying, dying), existing).allowed, true);
  assert.equal(reviewed(request("DELETE", undefined, dying), existing).allowed, true);
  const pod = { ...request("CREATE", { kind: "Pod" }), resource: { group: "", version: "v1", resource: "pods" } };
  assert.equal(reviewed(pod, existing).allowed, true);
});

test("an object that does not parse is refused with its path", () => {
  const answer = reviewed(request("CREATE", { ...object("b", []), spec: { ranges: [{ cidr: 7, nodePrefixLength: 24 }] } }), []);
  assert.equal(answer.allowed, false);
  assert.equal(answer.status?.details.causes[0]?.field, "spec.ranges[0].cidr");
});

const before = network("default", ["10.244.0.0/16", "10.245.0.0/16"]);
const used = [claimOf("node-1", "10.244.1.0/24"), claimOf("node-2", "10.244.2.0/24")];

test("several refusals at once are one cause each, and a line each in the message", () => {
  const next = network("default", ["10.245.0.0/16", "10.9.0.0/16"], {
    reserved: [{ cidr: "10.245.0.0/24" }],
    staticSubnets: [
      { node: "edge-1", cidr: "10.245.1.0/24" },
      { node: "edge-1", cidr: "10.245.0.0/24" },
    ],
  });
  const claims = [...used, claimOf("node-3", "10.245.0.0/24"), claimOf("node-4", "10.245.1.0/24")];
  const networks = [before, network("other", ["10.9.0.0/17"])];
  const answer = reviewPodNetwork(request("UPDATE", next, before), evidence({ networks, claims }), listening);
  const causes = answer.status?.details.causes ?? [];
  assert.deepEqual(
    causes.map(({ field, reason }) => `${field} ${reason}`),
    [
      "spec.staticSubnets[1].cidr Reserved",
      "spec.ranges[1].cidr OverlapsWith",
      "spec.ranges InUse",
      "spec.reserved[0].cidr InUse",
      "spec.staticSubnets[0].cidr InUse",
      "spec.staticSubnets[1].cidr InUse",
    ],
  );
  assert.equal(answer.status?.message.split("\n").length, causes.length);
});

test("an update that changes no spec is let through, whatever is wrong with it", () => {
  const claims = [claimOf("node-3", "10.245.0.0/24")];
  const stored = network("default", ["10.244.0.0/16", "10.245.0.0/16"], { reserved: [{ cidr: "10.245.0.0/24" }] });
  const networks = [stored, network("other", ["10.244.0.0/17"])];
  const answer = reviewPodNetwork(request("UPDATE", stored, stored), evidence({ networks, claims }), listening);
  assert.deepEqual(answer, { uid: "u1", allowed: true });
});

test("only what a request turns on is read", () => {
  const draining = { ...before.spec, ranges: [rangeOf("10.244.0.0/16", { state: "Draining" }), rangeOf("10.245.0.0/16")] };
  const cases: readonly [AdmissionRequest, readonly string[]][] = [
    [request("CREATE", before), ["networks", "ledgers", "services", "nodes", "records", "claims"]],
    [request("UPDATE", { ...before, spec: { ...before.spec, priority: 7 } }, before), ["networks", "claims", "nodes"]],
    [request("UPDATE", network("default", ["10.244.0.0/16"]), before), ["claims", "records", "networks", "nodes"]],
    [request("UPDATE", { ...before, spec: draining }, before), ["claims", "networks", "nodes"]],
    [
      request("UPDATE", { ...before, spec: { ...before.spec, reserved: [{ cidr: "10.244.0.0/24" }] } }, before),
      ["claims", "networks", "nodes"],
    ],
    [
      request("UPDATE", network("default", ["10.244.0.0/16", "10.245.0.0/16", "10.9.0.0/16"]), before),
      ["networks", "ledgers", "services", "nodes", "records", "claims"],
    ],
    [request("DELETE", undefined, before), ["claims", "records"]],
    [
      request("DELETE", undefined, {
        ...before,
        metadata: { ...before.metadata, annotations: { "podnet.dev/confirm-delete": "default" } },
      }),
      [],
    ],
    [request("CREATE", {}), []],
  ];
  for (const [one, wanted] of cases) assert.deepEqual([...evidenceFor(questionOf(one))], wanted);
});

const unread = (name: string) => ({ problem: `${name}: the API server did not answer` });
const blind: Evidence = {
  networks: unread("podnetworks"),
  claims: unread("nodesubnets"),
  records: unread("nodenetworks"),
  ledgers: unread("rangeledgers"),
  nodes: unread("nodes"),
  services: unread("servicecidrs"),
};

test("what cannot be judged is refused where that could cost pods their network, and let through with a warning elsewhere", () => {
  const removal = reviewPodNetwork(request("UPDATE", network("default", ["10.244.0.0/16"]), before), blind, listening);
  assert.deepEqual(
    removal.status?.details.causes.map(({ field, reason }) => [field, reason]),
    [["spec.ranges", "NotJudged"]],
  );
  assert.match(
    removal.status?.message ?? "",
    /10\.245\.0\.0\/16 cannot be removed now.*nodesubnets: the API server did not answer.*try again/,
  );
  const deletion = reviewPodNetwork(request("DELETE", undefined, before), blind, listening);
  assert.match(deletion.status?.message ?? "", /cannot be read whether pods use PodNetwork\/default.*confirm-delete=default/);
  const confirmed = { ...before, metadata: { ...before.metadata, annotations: { "podnet.dev/confirm-delete": "default" } } };
  assert.equal(reviewPodNetwork(request("DELETE", undefined, confirmed), blind, listening).allowed, true);
  for (const next of [
    network("default", ["10.244.0.0/16", "10.245.0.0/16", "10.9.0.0/16"]),
    { ...before, spec: { ...before.spec, reserved: [{ cidr: "10.244.0.0/24" }] } },
    { ...before, spec: { ...before.spec, staticSubnets: [{ node: "edge-1", cidr: "10.244.0.0/24" }] } },
  ]) {
    const answer = reviewPodNetwork(request("UPDATE", next, before), blind, listening);
    assert.deepEqual([answer.allowed, answer.status], [true, undefined]);
    assert.ok(
      answer.warnings?.some((warning) => /^not judged, .*did not answer/.test(warning)),
      String(answer.warnings),
    );
  }
});

test("a removal is refused without counts of pods where those cannot be read", () => {
  const half = { ...evidence({ claims: used }), records: unread("nodenetworks") };
  const answer = reviewPodNetwork(request("UPDATE", network("default", ["10.245.0.0/16"]), before), half, listening);
  assert.match(answer.status?.message ?? "", /node-1 \(pods unknown\), node-2 \(pods unknown\)/);
});

test("a deletion is refused as forbidden, since it has no content that could be invalid", () => {
  const records = [nodeNetworkOf("node-1", { subnets: [{ cidr: "10.244.1.0/24", leases: 3, free: 250 }] })];
  const { status } = reviewPodNetwork(request("DELETE", undefined, before), evidence({ claims: used, records }), listening);
  assert.deepEqual([status?.code, status?.reason, status?.details.causes[0]?.reason], [403, "Forbidden", "NotConfirmed"]);
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

test("a network that is in the way of thousands is refused with a hundred reasons", () => {
  const many = Array.from({ length: 2_000 }, (_, index) => network(`n-${index}`, [`10.${index >> 8}.${index & 255}.0/24`]));
  const { status } = reviewed(request("CREATE", object("b", ["10.0.0.0/12"])), many);
  assert.equal(status?.details.causes.length, 100);
  assert.equal(status?.message.split("\n").length, 100);
});

test("a range that cannot be cut into its subnets is refused by the rules, and not counted", () => {
  const wrong = {
    ...object("b", []),
    spec: {
      ranges: [
        { cidr: "fd00::/64", nodePrefixLength: 24 },
        { cidr: "10.0.0.0/24", nodePrefixLength: 33 },
      ],
    },
  };
  const { status } = reviewed(request("CREATE", wrong), []);
  assert.deepEqual(
    status?.details.causes.map(({ field, reason }) => [field, reason]),
    [
      ["spec.ranges[0].nodePrefixLength", "OutOfBounds"],
      ["spec.ranges[1].nodePrefixLength", "OutOfBounds"],
    ],
  );
  const drained = { ...wrong, spec: { ranges: wrong.spec.ranges.map((range) => ({ ...range, state: "Draining" })) } };
  const claims = [claimOf("node-1", "10.0.0.0/24")];
  assert.equal(
    reviewPodNetwork(request("UPDATE", drained, wrong), evidence({ claims }), listening).allowed,
    true,
    "it was wrong before",
  );
});

test("names and values that could deceive whoever reads the answer are spelled out, and long ones cut", () => {
  const written = object("b", ["10.245.0.0/16"]);
  const matchLabels = { "\u001b[2Jx": 1, ["y".repeat(70_000)]: 1, "\u202ez": 1 };
  const spec = { ...written.spec, nodeSelector: { matchLabels } };
  const { status } = reviewed(request("CREATE", { ...written, spec }), []);
  const paths = status?.details.causes.map(({ field }) => field) ?? [];
  assert.deepEqual(
    paths.toSorted(),
    ["\\u001b[2Jx", "\\u202ez", `${"y".repeat(267)}...`].map((label) => `spec.nodeSelector.matchLabels.${label}`),
  );
});

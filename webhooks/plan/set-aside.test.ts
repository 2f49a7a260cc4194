// That one answer counts the room of a network in one way, which is the operator's.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetwork, PodNetworkOverlapPolicy } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import { claimOf, nodeNetworkOf, podNetworkOf, rangeOf } from "../../test/support/network-sample.ts";
import { specDefaults } from "../../test/support/spec-defaults.ts";
import { type Evidence, nothingAsked } from "./evidence.ts";
import { evidenceFor, questionOf } from "./question.ts";
import { reviewPodNetwork } from "./review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };

function requestOf(object: PodNetwork, oldObject?: PodNetwork) {
  return {
    uid: "u",
    operation: oldObject === undefined ? ("CREATE" as const) : ("UPDATE" as const),
    resource,
    object,
    oldObject,
  };
}

/** What is said of room: the refusals, then the warnings. */
function said(evidence: Partial<Evidence>, object: PodNetwork, old?: PodNetwork): string[] {
  const known = { ...nothingAsked, ...evidence };
  const { status, warnings = [] } = reviewPodNetwork(requestOf(object, old), known, { nowMs: 0, heartbeatSeconds: 60 });
  const causes = (status?.details.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  return [...causes, ...warnings].flatMap(
    (text) => /\d+ of (its )?\d+ .*|not judged.*|.*would have to move.*/.exec(text)?.[0] ?? [],
  );
}

function networkOf(cidr: string, overlapPolicy: Partial<PodNetworkOverlapPolicy>): PodNetwork {
  const policy = { ...specDefaults.overlapPolicy, ...overlapPolicy };
  return podNetworkOf("default", [], { ranges: [rangeOf(cidr)], overlapPolicy: policy });
}

const nodeAt = (name: string, address: string, podCIDRs: string[] = []): Node => ({
  metadata: { name, labels: { pool: name } },
  spec: { podCIDRs },
  status: { addresses: [{ type: "InternalIP", address }] },
});

test("what is reserved for Services is not left", () => {
  const services = { items: [{ cidr: "10.244.0.0/18", by: "ServiceCIDR/kubernetes" }] };
  assert.deepEqual(said({ services }, networkOf("10.244.0.0/16", { services: "Reserve" })), [
    "64 of its 256 node subnets touch them and are given to nobody (spec.overlapPolicy.services: Reserve; docs/operations.md#ranges-that-meet-what-is-there-already)",
    "192 of 256 IPv4 node subnets are left",
  ]);
  assert.deepEqual(said({ services }, networkOf("10.244.0.0/16", { services: "Warn" })), [
    "256 of 256 IPv4 node subnets are left",
  ]);
});

test("a node subnet with a Node's address in it is not left, whatever the policy; one with its podCIDR by the policy", () => {
  const nodes = { items: [nodeAt("a", "10.244.7.1", ["10.244.8.0/23"])] };
  const selecting = (nodes: "Reserve" | "Warn", pool: string) => {
    const { spec, ...network } = networkOf("10.244.0.0/16", { nodes });
    return { ...network, spec: { ...spec, nodeSelector: { matchLabels: { pool } } } };
  };
  assert.match(said({ nodes }, selecting("Warn", "other")).at(-1) ?? "", /^255 of 256/);
  assert.match(said({ nodes }, selecting("Reserve", "other")).at(-1) ?? "", /^253 of 256/);
  assert.match(said({ nodes }, selecting("Reserve", "a")).at(-1) ?? "", /^254 of 256/, "a gets one, and keeps its podCIDR");
});

test("a route that is larger than a node subnet is set aside where two nodes report it, and the numbers say so", () => {
  const network = networkOf("10.244.0.0/16", { hostRoutes: "Reserve" });
  const routed = (name: string) => nodeNetworkOf(name, { hostRoutes: [{ cidr: "10.244.0.0/17" }, { cidr: "10.244.200.0/25" }] });
  const [one, left] = said({ records: { items: [routed("a")] } }, network);
  assert.match(one ?? "", /^1 of its 256 node subnets are given to nobody, since a route .* only where two nodes report it/);
  assert.match(left ?? "", /^255 of 256/);
  const [both, after] = said({ records: { items: [routed("a"), routed("b")] } }, network);
  assert.match(both ?? "", /^129 of its 256 node subnets touch them and are given to nobody/);
  assert.match(after ?? "", /^127 of 256/);
});

test("a drain finds no room in what others have", () => {
  const old = networkOf("10.244.0.0/16", { services: "Reserve" });
  const withTarget = (state: "Active" | "Draining"): PodNetwork => ({
    ...old,
    spec: { ...old.spec, ranges: [rangeOf("10.244.0.0/16", { state }), rangeOf("10.245.0.0/23")] },
  });
  const claims = { items: [claimOf("node-1", "10.244.1.0/24")] };
  const drain = (evidence: Partial<Evidence>) => said({ claims, ...evidence }, withTarget("Draining"), withTarget("Active"));
  const services = { items: [{ cidr: "10.245.0.0/24", by: "ServiceCIDR/kubernetes" }] };
  const nodes = { items: [nodeAt("a", "10.245.1.9")] };
  assert.match(drain({ services })[0] ?? "", /^1 of 2 /);
  assert.match(drain({ services, nodes })[0] ?? "", /1 node would have to move off .* have room for 0: 1 node subnet missing/);
  assert.deepEqual(drain({ services: { problem: "servicecidrs: HTTP 503" } }), [
    "not judged, whether what others have leaves room for a drain (servicecidrs: HTTP 503)",
  ]);
});

test("what a network sets aside is read where its room counts, and of others nothing", () => {
  const changed = (network: PodNetwork) => ({ ...network, spec: { ...network.spec, priority: 1 } });
  const namesOf = (policy: Partial<PodNetworkOverlapPolicy>) => {
    const network = networkOf("10.244.0.0/16", policy);
    return [...evidenceFor(questionOf(requestOf(changed(network), network)))].toSorted();
  };
  assert.deepEqual(namesOf({}), ["claims", "networks", "nodes"]);
  assert.deepEqual(namesOf({ services: "Reserve", hostRoutes: "Reserve" }), [
    "claims",
    "networks",
    "nodes",
    "records",
    "services",
  ]);
  const network = networkOf("10.244.0.0/16", {});
  const policy = networkOf("10.244.0.0/16", { services: "Reserve" });
  assert.deepEqual([...evidenceFor(questionOf(requestOf(policy, network)))].toSorted(), [
    "claims",
    "networks",
    "nodes",
    "services",
  ]);
});

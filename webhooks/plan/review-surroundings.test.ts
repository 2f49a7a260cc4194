import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, PodNetwork, PodNetworkOverlapPolicy } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { nodeNetworkOf, podNetworkOf } from "../../test/support/network-sample.ts";
import type { Evidence } from "./evidence.ts";
import { reviewPodNetwork } from "./review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };
const nothing = { items: [] };

interface World {
  readonly services?: readonly ServiceRange[];
  readonly nodes?: readonly Node[];
  readonly records?: readonly NodeNetwork[];
}

function evidence({ services = [], nodes = [], records = [] }: World): Evidence {
  const known = { services: { items: services }, nodes: { items: nodes }, records: { items: records } };
  return { networks: nothing, claims: nothing, ledgers: nothing, ...known };
}

const policy: PodNetworkOverlapPolicy = { services: "Reject", nodes: "Reject", hostRoutes: "Reject" };

function network(
  cidrs: readonly string[],
  overlapPolicy: Partial<PodNetworkOverlapPolicy> = {},
  spec: Partial<PodNetwork["spec"]> = {},
) {
  return podNetworkOf("pods", cidrs, { overlapPolicy: { ...policy, ...overlapPolicy }, ...spec });
}

/** `field code: message` of all refusals, then the warnings. */
function said(world: World | Evidence, next: PodNetwork, old?: PodNetwork): string[] {
  const known = "ledgers" in world ? world : evidence(world);
  const request = {
    uid: "u",
    operation: old === undefined ? ("CREATE" as const) : ("UPDATE" as const),
    resource,
    object: next,
    oldObject: old,
  };
  const { status, warnings = [] } = reviewPodNetwork(request, known, { nowMs: 0, heartbeatSeconds: 60 });
  const causes = (status?.details.causes ?? []).map(({ field, reason, message }) => `${field} ${reason}: ${message}`);
  return [...causes, ...warnings.filter((warning) => !/has room for|are left$|would need|for private use/.test(warning))];
}

const services = [
  { cidr: "10.96.0.0/12", by: "ServiceCIDR/kubernetes" },
  { cidr: "fd00:96::/108", by: "ServiceCIDR/kubernetes" },
];

function node(name: string, addresses: readonly string[], podCIDRs: string[] = [], labels: Record<string, string> = {}): Node {
  const list = addresses.map((address) => ({ type: "InternalIP", address }));
  return {
    metadata: { name, labels },
    spec: { podCIDRs },
    status: { addresses: [{ type: "Hostname", address: name }, ...list] },
  };
}

test("a range that touches Service addresses is refused, by either family, with who has them and what to do", () => {
  assert.deepEqual(said({ services }, network(["10.0.0.0/8", "fd00:96::/64", "172.20.0.0/16"])), [
    "spec.ranges[0].cidr OverlapsServices: 10.0.0.0/8 overlaps Service addresses: ServiceCIDR/kubernetes (10.96.0.0/12); Services with an address of a pod could not be reached; choose a range that is free, or set spec.overlapPolicy.services to Reserve, so that no node gets a subnet that touches them, or to Warn",
    "spec.ranges[1].cidr OverlapsServices: fd00:96::/64 overlaps Service addresses: ServiceCIDR/kubernetes (fd00:96::/108); Services with an address of a pod could not be reached; choose a range that is free, or set spec.overlapPolicy.services to Reserve, so that no node gets a subnet that touches them, or to Warn",
  ]);
});

test("Reserve says how many node subnets nobody gets, Warn what may go wrong; neither refuses", () => {
  const next = (services: "Reserve" | "Warn") =>
    network(["10.0.0.0/8"], { services }, { ranges: [{ cidr: "10.0.0.0/8", nodePrefixLength: 16, state: "Active" }] });
  assert.deepEqual(said({ services }, next("Reserve")), [
    "spec.ranges[0]: 10.0.0.0/8 overlaps Service addresses: ServiceCIDR/kubernetes (10.96.0.0/12); 16 of its 256 node subnets touch them and are given to nobody (spec.overlapPolicy.services: Reserve; docs/operations.md#ranges-that-meet-what-is-there-already)",
  ]);
  assert.deepEqual(said({ services }, next("Warn")), [
    "spec.ranges[0]: 10.0.0.0/8 overlaps Service addresses: ServiceCIDR/kubernetes (10.96.0.0/12); Services with an address of a pod could not be reached (spec.overlapPolicy.services: Warn; docs/operations.md#ranges-that-meet-what-is-there-already)",
  ]);
});

test("addresses of Nodes count, whoever selects them; a podCIDR counts where the network does not select its Node", () => {
  const nodes = [node("a", ["10.1.0.7", "fd00::7"], ["10.2.0.0/24"], { pool: "x" }), node("b", ["192.168.0.1"], ["10.3.0.0/24"])];
  const [first, ...more] = said({ nodes }, network(["10.0.0.0/8"]));
  assert.match(
    first ?? "",
    /^spec\.ranges\[0\]\.cidr OverlapsNodes: 10\.0\.0\.0\/8 overlaps addresses of Nodes: Node\/a \(InternalIP 10\.1\.0\.7\);/,
  );
  assert.deepEqual(more, []);
  const [selecting] = said({ nodes }, network(["10.0.0.0/8"], {}, { nodeSelector: { matchLabels: { pool: "x" } } }));
  assert.match(selecting ?? "", /Node\/a \(InternalIP 10\.1\.0\.7\), Node\/b \(spec\.podCIDRs: 10\.3\.0\.0\/24\);/);
});

test("of many Nodes ten are named and the others counted", () => {
  const nodes = Array.from({ length: 5_000 }, (_, at) => node(`n${at}`, [`10.${at >> 8}.${at & 255}.1`]));
  const [only, ...more] = said({ nodes }, network(["10.0.0.0/8"]));
  assert.match(only ?? "", /Node\/n9 \(InternalIP 10\.0\.9\.1\) and 4990 more;/);
  assert.deepEqual(more, []);
});

test("routes that agents report count as the policy says", () => {
  const records = [nodeNetworkOf("edge", { hostRoutes: [{ cidr: "10.200.0.0/16", device: "wg0" }, { cidr: "10.201.0.0/16" }] })];
  assert.match(
    said({ records }, network(["10.0.0.0/8"]))[0] ?? "",
    /OverlapsHostRoute: 10\.0\.0\.0\/8 overlaps routes of Nodes: Node\/edge \(route 10\.200\.0\.0\/16 dev wg0\), Node\/edge \(route 10\.201\.0\.0\/16\); what those/,
  );
  assert.match(
    said({ records }, network(["10.0.0.0/8"], { hostRoutes: "Warn" }))[0] ?? "",
    /^spec\.ranges\[0\]: .*\(spec\.overlapPolicy\.hostRoutes: Warn; /,
  );
});

test("only added ranges are judged: a network that overlaps already can be shrunk, drained and brought under control", () => {
  const old = network(["10.0.0.0/8", "172.20.0.0/16"]);
  assert.deepEqual(said({ services }, network(["10.0.0.0/8"]), old), []);
  assert.deepEqual(said({ services }, network(["10.0.0.0/8", "172.20.0.0/16"], { services: "Reserve" }), old), []);
  assert.equal(said({ services }, network(["10.0.0.0/8", "10.96.0.0/16"]), network(["10.0.0.0/8"])).length, 2);
});

test("what could not be read is said, and refuses nothing", () => {
  const unread = { problem: "servicecidrs: forbidden" };
  assert.deepEqual(said({ ...evidence({}), services: unread }, network(["10.0.0.0/8"])), [
    "not judged, whether its ranges overlap Service addresses (servicecidrs: forbidden)",
  ]);
});

test("where only an address of the Services is known, that is said of every range that is added, since others of the Services may lie in it", () => {
  const services = [{ cidr: "10.96.0.1/32", by: "Service/kubernetes in namespace default", addressOnly: true }] as const;
  assert.deepEqual(said({ services }, network(["10.96.128.0/17"])), [
    "no more than 10.96.0.1/32 (Service/kubernetes in namespace default) is known of Service addresses, since this API server has no ServiceCIDRs; check that no range of the network overlaps its --service-cluster-ip-range (docs/operations.md#ranges-that-meet-what-is-there-already)",
  ]);
  assert.match(said({ services }, network(["10.96.0.0/17"]))[0] ?? "", /OverlapsServices: .*10\.96\.0\.1\/32/);
  const old = network(["10.96.128.0/17", "10.1.0.0/16"]);
  assert.deepEqual(said({ services }, network(["10.96.128.0/17"]), old), [], "nothing is added");
});

test("what is no address or prefix counts for nothing", () => {
  const nodes = [node("a", ["::ffff:10.1.0.7", "10.1", ""], ["10.2.0.0"])];
  const records = [nodeNetworkOf("edge", { hostRoutes: [{ cidr: "default" }, { cidr: "" }] })];
  assert.deepEqual(said({ nodes, records, services: [{ cidr: "x", by: "y" }] }, network(["10.0.0.0/8"])), []);
});

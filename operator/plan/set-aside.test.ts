import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetworkOverlapPolicy } from "../../crds/types.ts";
import { renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { network, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { nodeNetworkOf } from "../../test/support/network-sample.ts";
import { allocate } from "./allocate.ts";
import type { Snapshot } from "./snapshot.ts";

const quiet: PodNetworkOverlapPolicy = { services: "Reject", nodes: "Reject", hostRoutes: "Warn" };

/** What three nodes get of 10.96.0.0/22 and fd00:96::/62, or why they do not. */
function given(policy: Partial<PodNetworkOverlapPolicy>, parts: Partial<Snapshot>): string[] {
  const ranges = [{ cidr: "10.96.0.0/22", nodePrefixLength: 24 }];
  const spec = { ranges, overlapPolicy: { ...quiet, ...policy }, nodeSelector: { matchLabels: { pool: "a" } } };
  const nodes = ["node-1", "node-2", "node-3"].map((name) => node(name, { labels: { pool: "a" } }));
  const world = withLedger({ networks: [network({ spec })], ...parts, nodes: [...nodes, ...(parts.nodes ?? [])] });
  const { creates, failures } = allocate(world);
  return [...creates.map(({ prefix }) => renderPrefix(prefix)), ...failures.map(({ message }) => message)];
}

const free = ["10.96.0.0/24", "10.96.1.0/24", "10.96.2.0/24"];
const services = [toPrefix("10.96.1.128/25"), toPrefix("fd00:96::/108"), toPrefix("192.168.0.0/16")];

test("node subnets that touch Services are given to nobody where the policy is Reserve, and only there", () => {
  assert.deepEqual(given({ services: "Reserve" }, { services }), ["10.96.0.0/24", "10.96.2.0/24", "10.96.3.0/24"]);
  for (const policy of ["Reject", "Warn"] as const) assert.deepEqual(given({ services: policy }, { services }), free);
});

test("while it is not known where Services are, a network that keeps away from them gives nothing", () => {
  const why = /^nothing new is given while the ServiceCIDRs cannot be read, as spec\.overlapPolicy\.services is Reserve;/;
  for (const message of given({ services: "Reserve" }, {})) assert.match(message, why);
  assert.equal(given({ services: "Reserve" }, {}).length, 3);
  assert.deepEqual(given({ services: "Warn" }, {}), free);
});

test("podCIDRs of Nodes that the network does not select are kept away from where the policy is Reserve", () => {
  const nodes = [node("other", { labels: { pool: "b" }, podCIDRs: ["10.96.0.0/24"], addresses: ["192.168.7.7"] })];
  assert.deepEqual(given({ nodes: "Reserve" }, { nodes }), ["10.96.1.0/24", "10.96.2.0/24", "10.96.3.0/24"]);
  assert.deepEqual(given({ nodes: "Warn" }, { nodes }), free);
});

test("a route is kept away from where two agents report it, or where it is no larger than a node subnet", () => {
  const routed = (...reports: readonly string[][]) => ({
    records: reports.map((cidrs, at) => {
      const { spec, ...object } = nodeNetworkOf(`edge-${at}`, { hostRoutes: cidrs.map((cidr) => ({ cidr })) });
      const { network: _, networkUID: __, ...rest } = spec;
      return record({ ...object, spec: rest });
    }),
  });
  const reserve = { hostRoutes: "Reserve" } as const;
  const [first, second, third] = given(reserve, routed(["10.96.0.7/32", "10.96.2.0/24"]));
  assert.deepEqual([first, second], ["10.96.1.0/24", "10.96.3.0/24"]);
  assert.match(third ?? "", /10\.96\.0\.0\/22 has 4 of length \/24, 2 reserved/);
  assert.deepEqual(given(reserve, routed(["10.96.0.0/23", "0.0.0.0/0", "nonsense"])), free);
  assert.deepEqual(given(reserve, routed(["10.96.0.0/23"], ["10.96.0.0/23"])).slice(0, 2), ["10.96.2.0/24", "10.96.3.0/24"]);
  assert.deepEqual(given({}, routed(["10.96.0.7/32"])), free);
});

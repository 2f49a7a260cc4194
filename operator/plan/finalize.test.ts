import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { renderAddress } from "../../lib/net/address.ts";
import { renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { claim, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { createPodCount, leavingNetworks, usedPrefixes } from "./finalize.ts";
import { nodeNetworkSteps } from "./node-networks.ts";

test("Terminating networks leave, and so do those of which only claims are left", () => {
  const leaving = networkOf("b", ["10.1.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const claims = [claim("10.3.0.0/24", node("node-1"), { name: "a", uid: "gone" })];
  const found = leavingNetworks(withLedger({ networks: [networkOf("c", ["10.2.0.0/16"]), leaving], claims }));
  assert.deepEqual(
    found.map(({ name, uid, object }) => [name, uid, object === undefined]),
    [
      ["a", "gone", true],
      ["b", "uid-b", false],
    ],
  );
});

test("a pod counts once for the node whose subnet holds its address, until it ran to its end", () => {
  const count = createPodCount([
    { prefix: toPrefix("10.244.1.0/24"), node: "node-1" },
    { prefix: toPrefix("fd00:10:244:1::/64"), node: "node-1" },
    { prefix: toPrefix("10.244.2.0/23"), node: "node-2" },
  ]);
  const running = (...addresses: string[]) => ({ phase: "Running", addresses });
  count.add([running("10.244.1.2", "fd00:10:244:1::2"), running("192.168.1.11", "fd00::11"), running()]);
  count.add([
    running("10.244.3.9"),
    { phase: "Pending", addresses: ["10.244.2.9"] },
    { phase: "Succeeded", addresses: ["10.244.1.3"] },
  ]);
  count.add([{ phase: "Failed", addresses: ["10.244.1.4"] }, running("nonsense", "10.244.4.1")]);
  assert.deepEqual(count.blockers(), {
    pods: 3,
    nodes: [
      { node: "node-2", pods: 2 },
      { node: "node-1", pods: 1 },
    ],
  });
});

test("a network is in use by its claims, and by what NodeNetworks name or agents have though the claims be gone", () => {
  const worker = node("node-1");
  const network = networkOf("default", ["10.244.0.0/16"]);
  const claims = [claim("10.244.1.0/24", worker, network), claim("10.9.1.0/24", worker, { name: "other", uid: "other" })];
  const view = withLedger({
    networks: [network],
    nodes: [node("node-2")],
    claims: [claim("10.244.2.0/24", node("node-2"), network)],
  });
  const status = { subnets: [{ cidr: "10.244.3.0/24", leases: 1, free: 252 }] };
  const records = nodeNetworkSteps(view, allocate(view)).flatMap(({ want }) => (want ? [record({ ...want, status })] : []));
  const found = (uid: string) =>
    usedPrefixes({ claims, records }, uid).map(({ prefix, node }) => `${node} ${renderPrefix(prefix)}`);
  assert.deepEqual(found(network.uid), ["node-1 10.244.1.0/24", "node-2 10.244.2.0/24", "node-2 10.244.3.0/24"]);
  assert.deepEqual(found("other"), ["node-1 10.9.1.0/24"]);
});

test("every address of a subnet counts for its node, no other address does", () => {
  const prefix = toPrefix("10.244.2.0/23");
  const within = fc.nat({ max: 2 ** 9 - 1 });
  fc.assert(
    fc.property(within, fc.nat({ max: 2 ** 16 - 1 }), (inside, any) => {
      const address = (offset: number) => renderAddress({ family: 4, value: toPrefix("10.244.0.0/16").address + BigInt(offset) });
      const count = (offset: number) => {
        const counted = createPodCount([{ prefix, node: "node-2" }]);
        counted.add([{ phase: "Running", addresses: [address(offset)] }]);
        return counted.blockers().pods;
      };
      assert.equal(count(512 + inside), 1);
      assert.equal(count(any), any >= 512 && any < 1024 ? 1 : 0);
    }),
  );
});

import assert from "node:assert/strict";
import { nodes, type Node } from "../../lib/kube/builtin.ts";
import { type ApiPromise, clear, nodeNetworks, refused } from "./api-ground.ts";
import { sampleNode, sampleNodeNetwork } from "./api-samples.ts";

const merge = { type: "merge" } as const;

/** Merge, JSON and strategic patches. */
export const patchContract: readonly ApiPromise[] = [
  {
    promise: "a merge patch changes what it names, removes by null, replaces lists, and is conditional where it names a version",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["merged"]);
      const sample = sampleNodeNetwork("merged");
      const made = await client.create(nodeNetworks, { ...sample, metadata: { name: "merged", labels: { a: "1", b: "2" } } });
      const body = { metadata: { labels: { a: null, c: "3" } }, spec: { nodeAddresses: ["192.168.1.99"] } };
      const patched = await client.patch(nodeNetworks, "merged", body, merge);
      assert.deepEqual(patched.metadata.labels, { b: "2", c: "3" });
      assert.deepEqual([patched.spec.nodeAddresses, patched.spec.network], [["192.168.1.99"], "contract"]);
      const same = await client.patch(nodeNetworks, "merged", body, merge);
      assert.equal(same.metadata.resourceVersion, patched.metadata.resourceVersion);
      const { resourceVersion } = made.metadata;
      const label = (metadata: object) => ({ metadata: { ...metadata, labels: { d: "4" } } });
      await refused(client.patch(nodeNetworks, "merged", label({ resourceVersion }), merge), "Conflict");
      await refused(
        client.patch(nodeNetworks, "merged", label({ uid: "00000000-0000-4000-8000-000000000000" }), merge),
        "Conflict",
      );
      await client.patch(nodeNetworks, "merged", label({ uid: made.metadata.uid }), merge);
      await refused(client.patch(nodeNetworks, "nowhere", body, merge), "NotFound");
    },
  },
  {
    promise: "a JSON patch is done whole or, where a test does not hold, not at all",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["operations"]);
      await client.create(nodeNetworks, sampleNodeNetwork("operations"));
      const wrong = [
        { op: "replace", path: "/spec/configGeneration", value: 7 },
        { op: "test", path: "/spec/network", value: "another" },
      ];
      await refused(client.patch(nodeNetworks, "operations", wrong, { type: "json" }), "Invalid");
      const right = [
        { op: "test", path: "/spec/configGeneration", value: 1 },
        { op: "replace", path: "/spec/configGeneration", value: 7 },
        { op: "add", path: "/spec/nodeAddresses/-", value: "fd00::1" },
      ];
      const patched = await client.patch(nodeNetworks, "operations", right, { type: "json" });
      assert.deepEqual([patched.spec.configGeneration, patched.spec.nodeAddresses], [7, ["192.168.1.11", "fd00::1"]]);
    },
  },
  {
    promise: "a strategic patch merges a Node's conditions by their types; kinds of CustomResourceDefinitions take none",
    async hold({ client }) {
      await clear(client, nodes, ["strategic"]);
      await client.create(nodes, sampleNode("strategic", "192.168.1.24"));
      const status = { type: "strategic", subresource: "status" } as const;
      const of = (type: string, reason: string): Partial<Node> => ({
        status: { conditions: [{ type, status: "True", reason }] },
      });
      await client.patch(nodes, "strategic", of("Ready", "First"), status);
      await client.patch(nodes, "strategic", of("DiskPressure", "First"), status);
      const patched = await client.patch(nodes, "strategic", of("Ready", "Second"), status);
      assert.deepEqual(patched.status?.conditions?.map(({ type, reason }) => `${type} ${reason}`).toSorted(), [
        "DiskPressure First",
        "Ready Second",
      ]);
      const without = { status: { conditions: [{ $patch: "delete", type: "Ready" }] } };
      const left = await client.patch(nodes, "strategic", without, status);
      assert.deepEqual(
        left.status?.conditions?.map(({ type }) => type),
        ["DiskPressure"],
      );
      await refused(client.patch(nodeNetworks, "merged", { spec: {} }, { type: "strategic" }), "Invalid");
      await clear(client, nodes, ["strategic"]);
    },
  },
];

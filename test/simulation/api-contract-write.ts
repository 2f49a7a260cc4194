import assert from "node:assert/strict";
import { nodes } from "../../lib/kube/builtin.ts";
import { type ApiPromise, clear, nodeNetworks, nodeSubnets, podNetworks, refused } from "./api-ground.ts";
import { sampleNode, sampleNodeNetwork, sampleNodeSubnet, samplePodNetwork } from "./api-samples.ts";

const hold = "test.podnet.dev/hold";
const range = { cidr: "10.77.0.0/16", nodePrefixLength: 24, state: "Active" as const };

/** Create, replace and delete. */
export const writeContract: readonly ApiPromise[] = [
  {
    promise: "a created object has an identity, a version, a time and generation 1; its name is given once",
    async hold({ client }) {
      await clear(client, nodeSubnets, ["10.77.1.0-24"]);
      const made = await client.create(nodeSubnets, sampleNodeSubnet("10.77.1.0/24", "node-a"));
      assert.match(made.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(made.metadata.generation, 1);
      assert.deepEqual(await client.get(nodeSubnets, "10.77.1.0-24"), made);
      await refused(client.create(nodeSubnets, sampleNodeSubnet("10.77.1.0/24", "node-b")), "AlreadyExists");
      assert.equal(await client.delete(nodeSubnets, "10.77.1.0-24"), "deleted");
      assert.equal(await client.delete(nodeSubnets, "10.77.1.0-24"), "absent");
      const again = await client.create(nodeSubnets, sampleNodeSubnet("10.77.1.0/24", "node-b"));
      assert.notEqual(again.metadata.uid, made.metadata.uid);
      assert.ok(Number(again.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
    },
  },
  {
    promise: "a dry run answers like the real one and writes nothing",
    async hold({ client }) {
      await clear(client, nodeSubnets, ["10.77.2.0-24"]);
      const tried = await client.create(nodeSubnets, sampleNodeSubnet("10.77.2.0/24", "node-a"), { dryRun: true });
      assert.equal(tried.spec.node, "node-a");
      assert.equal(await client.get(nodeSubnets, "10.77.2.0-24"), undefined);
    },
  },
  {
    promise: "defaults are filled in, and what the schema does not allow is refused",
    async hold({ client }) {
      await clear(client, podNetworks, ["defaults"]);
      const made = await client.create(podNetworks, samplePodNetwork("defaults", { ranges: [range] }));
      assert.deepEqual([made.spec.mtu, made.spec.masquerade.enabled], [{ mode: "Auto" }, true]);
      const restate = (before: typeof made) =>
        client.replace(podNetworks, { ...before, spec: { ...samplePodNetwork("", { ranges: [range] }).spec } });
      // Of a status, too, which a server stores with the first write after the creation.
      const stated = await restate(made);
      assert.equal(stated.metadata.generation, made.metadata.generation);
      assert.equal((await restate(stated)).metadata.resourceVersion, stated.metadata.resourceVersion);
      await refused(client.create(podNetworks, samplePodNetwork("wrong", {})), "Invalid");
      await clear(client, podNetworks, ["defaults"]);
    },
  },
  {
    promise: "a replace is conditional, must state a version where the kind wants one, and writes nothing where nothing changes",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["replaced"]);
      const made = await client.create(nodeNetworks, sampleNodeNetwork("replaced"));
      const same = await client.replace(nodeNetworks, made);
      assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
      const changed = await client.replace(nodeNetworks, { ...made, spec: { ...made.spec, configGeneration: 2 } });
      assert.ok(Number(changed.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
      await refused(client.replace(nodeNetworks, { ...made, spec: { ...made.spec, configGeneration: 3 } }), "Conflict");
      const other = { ...changed, metadata: { ...changed.metadata, uid: "00000000-0000-4000-8000-000000000000" } };
      await refused(client.replace(nodeNetworks, other), "Conflict");
      await refused(client.replace(nodeNetworks, sampleNodeNetwork("replaced")), "Invalid");
      await refused(client.replace(nodeNetworks, sampleNodeNetwork("nowhere")), "NotFound");
      await clear(client, nodes, ["replaced"]);
      await client.create(nodes, sampleNode("replaced", "192.168.1.21"));
      const free = await client.replace(nodes, sampleNode("replaced", "192.168.1.22", { zone: "a" }));
      assert.deepEqual(free.metadata.labels, { zone: "a" });
      await clear(client, nodes, ["replaced"]);
    },
  },
  {
    promise: "the generation rises with the spec alone; status and spec are written apart",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["apart"]);
      const made = await client.create(nodeNetworks, { ...sampleNodeNetwork("apart"), status: { configGeneration: 9 } });
      assert.equal(made.status, undefined);
      const body = { ...made, metadata: { ...made.metadata, labels: { a: "b" } }, status: { configGeneration: 1 } };
      const reported = await client.replace(
        nodeNetworks,
        { ...body, spec: { ...made.spec, configGeneration: 5 } },
        { subresource: "status" },
      );
      assert.deepEqual([reported.spec.configGeneration, reported.status?.configGeneration], [1, 1]);
      assert.deepEqual([reported.metadata.labels, reported.metadata.generation], [undefined, 1]);
      const labelled = await client.replace(nodeNetworks, {
        ...body,
        metadata: { ...reported.metadata, labels: { a: "b" } },
        status: {},
      });
      assert.deepEqual([labelled.metadata.generation, labelled.status?.configGeneration], [1, 1]);
      const raised = await client.replace(nodeNetworks, { ...labelled, spec: { ...labelled.spec, configGeneration: 2 } });
      assert.deepEqual([raised.metadata.generation, raised.status?.configGeneration], [2, 1]);
    },
  },
  {
    promise: "a Node brings its status along; a write of its status may change its labels, and its generation is not counted",
    async hold({ client }) {
      await clear(client, nodes, ["noded"]);
      const made = await client.create(nodes, sampleNode("noded", "192.168.1.23"));
      assert.deepEqual([made.status?.addresses?.[0]?.address, made.metadata.generation], ["192.168.1.23", undefined]);
      const body = { metadata: { labels: { zone: "b" } }, spec: { unschedulable: true }, status: { nodeInfo: undefined } };
      const written = await client.patch(nodes, "noded", body, { type: "merge", subresource: "status" });
      assert.deepEqual([written.metadata.labels, written.spec?.unschedulable], [{ zone: "b" }, undefined]);
      const cordoned = await client.patch(nodes, "noded", { spec: { unschedulable: true } }, { type: "merge" });
      assert.deepEqual([cordoned.spec?.unschedulable, cordoned.metadata.generation], [true, undefined]);
      await clear(client, nodes, ["noded"]);
    },
  },
  {
    promise: "a deletion holds only for the very object and version that it names",
    async hold({ client }) {
      await clear(client, nodeSubnets, ["10.77.3.0-24"]);
      const made = await client.create(nodeSubnets, sampleNodeSubnet("10.77.3.0/24", "node-a"));
      const { uid, resourceVersion } = made.metadata;
      const changed = await client.replace(nodeSubnets, { ...made, spec: { ...made.spec, nextHops: ["192.168.1.11"] } });
      await refused(client.delete(nodeSubnets, "10.77.3.0-24", { uid, resourceVersion }), "Conflict");
      await refused(client.delete(nodeSubnets, "10.77.3.0-24", { uid: "00000000-0000-4000-8000-000000000000" }), "Conflict");
      const now = { uid, resourceVersion: changed.metadata.resourceVersion };
      assert.equal(await client.delete(nodeSubnets, "10.77.3.0-24", now), "deleted");
      assert.equal(await client.delete(nodeSubnets, "10.77.3.0-24", now), "absent");
    },
  },
  {
    promise: "finalizers keep an object: it is marked once, takes no new ones, and goes with the last",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["kept"]);
      const sample = sampleNodeNetwork("kept");
      const made = await client.create(nodeNetworks, { ...sample, metadata: { name: "kept", finalizers: [hold] } });
      assert.equal(await client.delete(nodeNetworks, "kept", { uid: made.metadata.uid }), "finalizing");
      const marked = await client.get(nodeNetworks, "kept");
      assert.notEqual(marked?.metadata.deletionTimestamp, undefined);
      assert.equal(marked?.metadata.generation, 2);
      assert.equal(await client.delete(nodeNetworks, "kept"), "finalizing");
      assert.equal((await client.get(nodeNetworks, "kept"))?.metadata.resourceVersion, marked?.metadata.resourceVersion);
      const more = { metadata: { finalizers: [hold, "test.podnet.dev/more"] } };
      await refused(client.patch(nodeNetworks, "kept", more, { type: "merge" }), "Invalid");
      const status = await client.patch(
        nodeNetworks,
        "kept",
        { status: { configGeneration: 1 } },
        { type: "merge", subresource: "status" },
      );
      assert.equal(status.metadata.generation, 2);
      await refused(client.create(nodeNetworks, sample), "AlreadyExists");
      await client.patch(nodeNetworks, "kept", { metadata: { finalizers: null } }, { type: "merge" });
      assert.equal(await client.get(nodeNetworks, "kept"), undefined);
    },
  },
];

import assert from "node:assert/strict";
import type { Condition, NodeNetwork } from "../../crds/types.ts";
import { applyObject } from "../../lib/kube/apply.ts";
import { type Node, nodes } from "../../lib/kube/builtin.ts";
import type { Applied } from "../../lib/kube/apply.ts";
import { type ApiPromise, clear, nodeNetworks, podNetworks, refused } from "./api-ground.ts";
import { sampleNode, sampleNodeNetwork, samplePodNetwork } from "./api-samples.ts";

const first = { fieldManager: "first" };
const second = { fieldManager: "second" };
const status = { subresource: "status", force: true } as const;

function conditionOf(type: string, reason: string): Condition {
  return { type, status: "True", reason, message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
}

/** Server-side apply. */
export const applyContract: readonly ApiPromise[] = [
  {
    promise: "an apply makes the object, writes nothing when it says the same, and drops what it no longer says",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["applied"]);
      const labelled = (labels: Record<string, string>) => ({
        ...sampleNodeNetwork("applied"),
        metadata: { name: "applied", labels },
      });
      const made = await applyObject(client, nodeNetworks, labelled({ a: "1", b: "2" }), first);
      assert.deepEqual([made.metadata.generation, made.metadata.labels], [1, { a: "1", b: "2" }]);
      const same = await applyObject(client, nodeNetworks, labelled({ a: "1", b: "2" }), first);
      assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
      const slim = await applyObject(client, nodeNetworks, labelled({ a: "1" }), first);
      assert.deepEqual([slim.metadata.generation, slim.metadata.labels], [1, { a: "1" }]);
    },
  },
  {
    promise: "an apply meets other appliers' fields unless it says the same or is forced; what two own stays until both drop it",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["owned"]);
      await applyObject(client, nodeNetworks, sampleNodeNetwork("owned"), first);
      const generation = (configGeneration: number) => ({
        metadata: { name: "owned" },
        spec: { ...sampleNodeNetwork("owned").spec, configGeneration },
      });
      await refused(applyObject(client, nodeNetworks, generation(2), second), "Conflict");
      const shared = await applyObject(client, nodeNetworks, generation(1), second);
      assert.equal(shared.spec.configGeneration, 1);
      await refused(applyObject(client, nodeNetworks, generation(2), second), "Conflict");
      const taken = await applyObject(client, nodeNetworks, generation(2), { ...second, force: true });
      assert.deepEqual([taken.spec.configGeneration, taken.metadata.generation], [2, 2]);
      await refused(applyObject(client, nodeNetworks, generation(3), first), "Conflict");
    },
  },
  {
    promise: "an apply does not drop what was written otherwise, and a write otherwise takes fields over",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["mixed"]);
      const labelled = (labels: Record<string, string>) => ({ metadata: { name: "mixed", labels } });
      const made = await client.create(
        nodeNetworks,
        { ...sampleNodeNetwork("mixed"), metadata: { name: "mixed", labels: { made: "1" } } },
        first,
      );
      await applyObject(client, nodeNetworks, labelled({ made: "1", applied: "1" }), first);
      const dropped = await applyObject(client, nodeNetworks, labelled({}), first);
      assert.deepEqual(dropped.metadata.labels, { made: "1" });
      await applyObject(client, nodeNetworks, labelled({ applied: "1" }), first);
      await client.patch(nodeNetworks, "mixed", { metadata: { labels: { applied: "2" } } }, { type: "merge", ...second });
      await refused(applyObject(client, nodeNetworks, labelled({ applied: "1" }), first), "Conflict");
      const left = await applyObject(client, nodeNetworks, labelled({}), first);
      assert.deepEqual([left.metadata.labels, left.metadata.generation], [{ made: "1", applied: "2" }, made.metadata.generation]);
    },
  },
  {
    promise: "each applier owns its own finalizers",
    async hold({ client }) {
      await clear(client, podNetworks, ["finalized"]);
      const ranges = [{ cidr: "10.78.0.0/16", nodePrefixLength: 24, state: "Active" as const }];
      const sample = samplePodNetwork("finalized", { ranges });
      const made = await client.create(podNetworks, {
        ...sample,
        metadata: { name: "finalized", finalizers: ["test.podnet.dev/people"] },
      });
      const finalizers = (...names: string[]) => ({ metadata: { name: "finalized", uid: made.metadata.uid, finalizers: names } });
      const held = await applyObject(client, podNetworks, finalizers("test.podnet.dev/ours"), first);
      assert.deepEqual(held.metadata.finalizers?.toSorted(), ["test.podnet.dev/ours", "test.podnet.dev/people"]);
      assert.equal(held.metadata.generation, 1);
      assert.equal(await client.delete(podNetworks, "finalized"), "finalizing");
      const free = await applyObject(client, podNetworks, finalizers(), first);
      assert.deepEqual(free.metadata.finalizers, ["test.podnet.dev/people"]);
      await refused(applyObject(client, podNetworks, finalizers("test.podnet.dev/ours"), first), "Invalid");
      await clear(client, podNetworks, ["finalized"]);
    },
  },
  {
    promise: "a finalizer that an apply alone keeps an object by lets it go when it is dropped",
    async hold({ client }) {
      await clear(client, podNetworks, ["released"]);
      const ranges = [{ cidr: "10.79.0.0/16", nodePrefixLength: 24, state: "Active" as const }];
      const { metadata } = await client.create(podNetworks, samplePodNetwork("released", { ranges }));
      const finalizers = (...names: string[]) => ({ metadata: { name: "released", uid: metadata.uid, finalizers: names } });
      await applyObject(client, podNetworks, finalizers("test.podnet.dev/ours"), first);
      assert.equal(await client.delete(podNetworks, "released"), "finalizing");
      await applyObject(client, podNetworks, finalizers(), first);
      assert.equal(await client.get(podNetworks, "released"), undefined);
      await refused(applyObject(client, podNetworks, finalizers("test.podnet.dev/ours"), first), "Conflict");
      assert.equal(await client.get(podNetworks, "released"), undefined);
    },
  },
  {
    promise: "an apply that names an identity or a version is conditional and makes nothing",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["conditional"]);
      const made = await client.create(nodeNetworks, sampleNodeNetwork("conditional"));
      const { uid, resourceVersion } = made.metadata;
      const at = (metadata: object) => ({ metadata: { name: "conditional", labels: { a: "1" }, ...metadata } });
      await refused(applyObject(client, nodeNetworks, at({ uid: "00000000-0000-4000-8000-000000000000" }), first), "Conflict");
      const written = await applyObject(client, nodeNetworks, at({ uid, resourceVersion }), first);
      assert.deepEqual(written.metadata.labels, { a: "1" });
      await refused(applyObject(client, nodeNetworks, { ...at({ resourceVersion, labels: { a: "2" } }) }, first), "Conflict");
      await clear(client, nodeNetworks, ["conditional"]);
      await refused(applyObject(client, nodeNetworks, at({ uid }), first), "Conflict");
      await refused(
        applyObject(client, nodeNetworks, { metadata: { name: "conditional" }, status: {} }, { ...first, ...status }),
        "NotFound",
      );
      assert.equal(await client.get(nodeNetworks, "conditional"), undefined);
    },
  },
  {
    promise: "an applied status leaves the rest alone, merges conditions by type, and drops those it no longer names",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["reported"]);
      const made = await client.create(nodeNetworks, sampleNodeNetwork("reported"));
      const { uid } = made.metadata;
      const report = (...conditions: Condition[]) => ({
        metadata: { name: "reported", uid, labels: { ignored: "yes" } },
        status: { configGeneration: 1, conditions },
      });
      await applyObject(client, nodeNetworks, report(conditionOf("A", "First"), conditionOf("B", "First")), {
        ...first,
        ...status,
      });
      const other = { metadata: { name: "reported", uid }, status: { conditions: [conditionOf("C", "First")] } };
      const three = await applyObject(client, nodeNetworks, other, { ...second, ...status });
      assert.deepEqual(three.status?.conditions?.map(({ type }) => type).toSorted(), ["A", "B", "C"]);
      const two = await applyObject(client, nodeNetworks, report(conditionOf("A", "Second")), { ...first, ...status });
      assert.deepEqual(two.status?.conditions?.map(({ type, reason }) => `${type} ${reason}`).toSorted(), [
        "A Second",
        "C First",
      ]);
      assert.deepEqual([two.metadata.labels, two.metadata.generation, two.spec], [undefined, 1, made.spec]);
      const same = await applyObject(client, nodeNetworks, report(conditionOf("A", "Second")), { ...first, ...status });
      assert.equal(same.metadata.resourceVersion, two.metadata.resourceVersion);
    },
  },
  {
    promise:
      "an applied object without fields is refused where it leaves none of those that were applied before; a list without items is not",
    async hold({ client }) {
      await clear(client, nodeNetworks, ["emptied"]);
      await client.create(nodeNetworks, sampleNodeNetwork("emptied"));
      const apply = (part: NonNullable<NodeNetwork["status"]>, by = first) =>
        applyObject<NodeNetwork>(client, nodeNetworks, { metadata: { name: "emptied" }, status: part }, { ...by, ...status });
      const full = { mtu: 1500, summary: { bridge: "cni0", peers: "1/1" }, conditions: [conditionOf("A", "First")] };
      await apply(full);
      await refused(apply({ ...full, summary: {} }), "Invalid");
      const { status: listless } = await apply({ ...full, conditions: [] });
      assert.deepEqual(listless, { mtu: 1500, summary: full.summary });
      const { status: slim } = await apply({ mtu: 1500 });
      assert.deepEqual(slim, { mtu: 1500 });
      const { status: empty } = await apply({ mtu: 1500, summary: {} });
      assert.deepEqual(empty, { mtu: 1500, summary: {} });
      await apply(full);
      await apply({ summary: { bridge: "br1" } }, second);
      const { status: shared } = await apply({ mtu: 1500, summary: {} });
      assert.deepEqual(shared, { mtu: 1500, summary: { bridge: "br1" } });
      await clear(client, nodeNetworks, ["emptied"]);
      await client.create(nodeNetworks, sampleNodeNetwork("emptied"));
      await apply({ mtu: 1500 });
      await refused(apply({}), "Invalid");
    },
  },
  {
    promise: "one condition of a Node is applied and given back without touching the others",
    async hold({ client }) {
      await clear(client, nodes, ["lonely"]);
      const made = await client.create(nodes, sampleNode("lonely", "192.168.1.25"));
      const ready = { status: { conditions: [{ type: "Ready", status: "True", reason: "Up" }] } };
      await client.patch(nodes, "lonely", ready, { type: "strategic", subresource: "status" });
      const applied = (...conditions: NonNullable<NonNullable<Node["status"]>["conditions"]>): Applied<Node> => ({
        metadata: { name: "lonely", uid: made.metadata.uid },
        status: { conditions },
      });
      const condition = { type: "NetworkUnavailable", status: "False", reason: "Ours", message: "" } as const;
      const both = await applyObject<Node>(client, nodes, applied(condition), { ...first, ...status });
      assert.deepEqual(both.status?.conditions?.map(({ type }) => type).toSorted(), ["NetworkUnavailable", "Ready"]);
      const back = await applyObject<Node>(client, nodes, applied(), { ...first, ...status });
      assert.deepEqual(
        back.status?.conditions?.map(({ type }) => type),
        ["Ready"],
      );
      assert.deepEqual(back.status?.addresses, [{ type: "InternalIP", address: "192.168.1.25" }]);
      await clear(client, nodes, ["lonely"]);
    },
  },
];

import assert from "node:assert/strict";
import type { KubeClient } from "../../lib/kube/client.ts";
import { type ApiPromise, clear, eventText, nodeSubnets, refused, watched } from "./api-ground.ts";
import { sampleNodeSubnet } from "./api-samples.ts";

/** Makes the claims 10.77.`from`.0/24 and up, all with the label of=`of`. */
async function makeClaims(client: KubeClient, of: string, from: number, count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  await clear(
    client,
    nodeSubnets,
    numbers.map((number) => `10.77.${number}.0-24`),
  );
  const names: string[] = [];
  for (const number of numbers.toReversed()) {
    const { metadata } = await client.create(nodeSubnets, sampleNodeSubnet(`10.77.${number}.0/24`, `node-${number}`, { of }));
    names.push(metadata.name);
  }
  return names.toSorted();
}

/** Lists and watches. */
export const listContract: readonly ApiPromise[] = [
  {
    promise: "a list is sorted by name; its pages are all of one version, whatever is written meanwhile",
    async hold({ client }) {
      const names = await makeClaims(client, "paged", 100, 7);
      const select = { labelSelector: "of=paged" };
      const first = await client.list(nodeSubnets, { ...select, limit: 3 });
      assert.deepEqual(
        first.items.map(({ metadata }) => metadata.name),
        names.slice(0, 3),
      );
      await client.delete(nodeSubnets, names[6] ?? "");
      const second = await client.list(nodeSubnets, { ...select, limit: 3, continue: first.continue ?? "" });
      const third = await client.list(nodeSubnets, { ...select, limit: 3, continue: second.continue ?? "" });
      assert.deepEqual(
        [...second.items, ...third.items].map(({ metadata }) => metadata.name),
        names.slice(3),
      );
      assert.deepEqual(
        [second.resourceVersion, third.resourceVersion, third.continue],
        [first.resourceVersion, first.resourceVersion, undefined],
      );
      const whole = await client.listAll(nodeSubnets, { ...select, pageSize: 2 });
      assert.deepEqual(
        whole.items.map(({ metadata }) => metadata.name),
        names.slice(0, 6),
      );
      const past = { ...select, resourceVersion: first.resourceVersion, resourceVersionMatch: "Exact" } as const;
      assert.equal((await client.list(nodeSubnets, past)).items.length, 7);
      assert.ok((await client.list(nodeSubnets, { ...select, resourceVersion: "0" })).items.length <= 7);
    },
  },
  {
    promise: "selectors choose by labels and by name",
    async hold({ client }) {
      const names = await makeClaims(client, "chosen", 120, 4);
      const count = async (select: object) => (await client.list(nodeSubnets, select)).items.length;
      assert.equal(await count({ labelSelector: "of in (chosen, nothing)" }), 4);
      assert.equal(await count({ labelSelector: "of=chosen,!of" }), 0);
      assert.equal(await count({ labelSelector: "of,of!=chosen", fieldSelector: `metadata.name=${names[0]}` }), 0);
      assert.equal(await count({ labelSelector: "of==chosen", fieldSelector: `metadata.name=${names[0]}` }), 1);
      assert.equal(await count({ fieldSelector: "metadata.name=none" }), 0);
    },
  },
  {
    promise: "a watch tells every change after a version, in order, each with a version of its own",
    async hold({ client }) {
      await clear(client, nodeSubnets, ["10.77.140.0-24", "10.77.141.0-24"]);
      const { resourceVersion } = await client.list(nodeSubnets, { limit: 1 });
      const made = await client.create(nodeSubnets, sampleNodeSubnet("10.77.140.0/24", "node-a"));
      await client.create(nodeSubnets, sampleNodeSubnet("10.77.141.0/24", "node-b"));
      const changed = await client.replace(nodeSubnets, { ...made, spec: { ...made.spec, nextHops: ["192.168.1.11"] } });
      await client.delete(nodeSubnets, "10.77.140.0-24");
      const events = await watched(client, nodeSubnets, { resourceVersion }, 4);
      assert.deepEqual(events.map(eventText), [
        "ADDED 10.77.140.0-24",
        "ADDED 10.77.141.0-24",
        "MODIFIED 10.77.140.0-24",
        "DELETED 10.77.140.0-24",
      ]);
      const versions = events.map((event) => Number(event.type === "BOOKMARK" ? 0 : event.object.metadata.resourceVersion));
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(versions).size, 4);
      assert.ok((versions[3] ?? 0) > Number(changed.metadata.resourceVersion));
      const later = await watched(client, nodeSubnets, { resourceVersion: `${versions[1]}` }, 2);
      assert.deepEqual(later.map(eventText), ["MODIFIED 10.77.140.0-24", "DELETED 10.77.140.0-24"]);
    },
  },
  {
    promise: "what a watch no longer chooses is deleted for it, and what finalizers let go too",
    async hold({ client }) {
      await clear(client, nodeSubnets, ["10.77.150.0-24", "10.77.151.0-24"]);
      const { resourceVersion } = await client.list(nodeSubnets, { limit: 1 });
      const merge = { type: "merge" } as const;
      const sample = sampleNodeSubnet("10.77.150.0/24", "node-a", { of: "seen" });
      await client.create(nodeSubnets, { ...sample, metadata: { ...sample.metadata, finalizers: ["test.podnet.dev/hold"] } });
      await client.create(nodeSubnets, sampleNodeSubnet("10.77.151.0/24", "node-b", { of: "unseen" }));
      await client.patch(nodeSubnets, "10.77.151.0-24", { metadata: { labels: { of: "seen" } } }, merge);
      await client.patch(nodeSubnets, "10.77.151.0-24", { metadata: { labels: { of: "unseen" } } }, merge);
      await client.delete(nodeSubnets, "10.77.150.0-24");
      await client.patch(nodeSubnets, "10.77.150.0-24", { metadata: { finalizers: null } }, merge);
      const events = await watched(client, nodeSubnets, { resourceVersion, labelSelector: "of=seen" }, 5);
      assert.deepEqual(events.map(eventText), [
        "ADDED 10.77.150.0-24",
        "ADDED 10.77.151.0-24",
        "DELETED 10.77.151.0-24",
        "MODIFIED 10.77.150.0-24",
        "DELETED 10.77.150.0-24",
      ]);
      const one = await watched(client, nodeSubnets, { resourceVersion, fieldSelector: "metadata.name=10.77.151.0-24" }, 3);
      assert.deepEqual(one.map(eventText), ["ADDED 10.77.151.0-24", "MODIFIED 10.77.151.0-24", "MODIFIED 10.77.151.0-24"]);
    },
  },
  {
    promise: "a watch without events tells nothing but bookmarks, and is ended when its time is over",
    async hold({ client }) {
      const { resourceVersion } = await client.list(nodeSubnets, { limit: 1 });
      await clear(client, nodeSubnets, ["10.77.155.0-24"]);
      await client.create(nodeSubnets, sampleNodeSubnet("10.77.155.0/24", "node-a"));
      const select = { resourceVersion, fieldSelector: "metadata.name=none", timeoutSeconds: 3 };
      const events = await watched(client, nodeSubnets, select, 10);
      for (const event of events)
        assert.ok(event.type === "BOOKMARK" && Number(event.resourceVersion) >= Number(resourceVersion));
    },
  },
  {
    promise: "what was forgotten is gone, for a watch, a page and an exact list, and the present is there",
    async hold(ground) {
      const names = await makeClaims(ground.client, "forgotten", 160, 3);
      const first = await ground.client.list(nodeSubnets, { labelSelector: "of=forgotten", limit: 1 });
      await ground.client.delete(nodeSubnets, names[0] ?? "");
      await ground.client.delete(nodeSubnets, names[1] ?? "");
      await ground.forgetThePast();
      const { resourceVersion } = first;
      await refused(watched(ground.client, nodeSubnets, { resourceVersion }, 1), "Gone");
      await refused(ground.client.list(nodeSubnets, { continue: first.continue ?? "", limit: 1 }), "Gone");
      await refused(ground.client.list(nodeSubnets, { resourceVersion, resourceVersionMatch: "Exact" }), "Gone");
      const now = await ground.client.list(nodeSubnets, { labelSelector: "of=forgotten" });
      assert.equal(now.items.length, 1);
    },
  },
];

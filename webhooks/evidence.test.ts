// What a reader keeps of the API server's objects, and when it is made anew.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { NodeSubnet, PodNetwork } from "../crds/types.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { KubeObject, Resource, Stored } from "../lib/kube/resource.ts";
import { toPrefix } from "../lib/net/prefix.ts";
import { systemClock } from "../lib/reconcile/clock.ts";
import { claimOf, podNetworkOf } from "../test/support/network-sample.ts";
import { until } from "../test/support/until.ts";
import { createEvidenceReader, type EvidenceReader } from "./evidence.ts";
import type { Evidence, EvidenceName } from "./plan/evidence.ts";
import { reviewPodNetwork } from "./plan/review.ts";

const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };

function isOf<T extends KubeObject>(object: KubeObject, { kind }: Resource<T>): object is T {
  return object.kind === kind;
}

/** An API server with these objects, and a way to change one, or add it. */
function server(objects: readonly KubeObject[]) {
  let version = 1;
  const stored = <T extends KubeObject>(object: T) =>
    ({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }) as Stored<T>;
  let next = Promise.withResolvers<KubeObject>();
  const refuse = () => Promise.reject(new Error("not asked here"));
  const client: KubeClient = {
    get: refuse,
    list: refuse,
    create: refuse,
    replace: refuse,
    patch: refuse,
    delete: refuse,
    serverVersion: refuse,
    close: () => Promise.resolve(),
    listAll: <T extends KubeObject>(resource: Resource<T>) => {
      const items = objects.filter((object) => isOf(object, resource)).map((object) => stored(object));
      return Promise.resolve({ items, resourceVersion: String(version), continue: undefined });
    },
    async *watch<T extends KubeObject>(resource: Resource<T>, _: unknown, signal: AbortSignal) {
      const ended = new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
      for (let object = await Promise.race([next.promise, ended]); object; object = await Promise.race([next.promise, ended]))
        if (isOf(object, resource)) yield { type: "MODIFIED", object: stored(object) };
    },
  };
  const write = (object: KubeObject) => {
    version++;
    const { resolve } = next;
    next = Promise.withResolvers();
    resolve(object);
  };
  return { client, write };
}

async function follow(t: TestContext, client: KubeClient): Promise<EvidenceReader> {
  const fail = (...about: unknown[]) => assert.fail(JSON.stringify(about));
  const reader = createEvidenceReader({ client, clock: systemClock, random: () => 0.5, onProblem: fail, onUnread: fail });
  const controller = new AbortController();
  const running = reader.run(controller.signal);
  t.after(() => (controller.abort(), running));
  await until("the copies to be known", () => Object.values(reader.checks).every((check) => check().ok));
  return reader;
}

function read(reader: EvidenceReader, name: EvidenceName) {
  return reader.atHand(new Set([name])) ?? assert.fail(`${name} is not at hand`);
}

const before = podNetworkOf("default", ["10.244.0.0/16"]);

test("the ranges of all networks are sorted anew when a range changes, and not when a status is written", async (t) => {
  const { client, write } = server([before, podNetworkOf("other", ["10.9.0.0/16"])]);
  const reader = await follow(t, client);
  const shows = (holds: (network: PodNetwork | undefined) => boolean) => () => {
    const { networks } = read(reader, "networks");
    return holds(networks.problem === undefined ? networks.items.find(({ metadata }) => metadata.name === "default") : undefined);
  };
  const sorted = read(reader, "networks").ranges;
  write({ ...before, status: { observedGeneration: 7 } } as PodNetwork);
  await until(
    "the status to be known",
    shows((network) => network?.status?.observedGeneration === 7),
  );
  assert.equal(read(reader, "networks").ranges, sorted);
  write(podNetworkOf("default", ["10.244.0.0/16", "10.245.0.0/16"]));
  await until(
    "the range to be known",
    shows((network) => network?.spec.ranges.length === 2),
  );
  const owners = [...(read(reader, "networks").ranges?.touching(toPrefix("10.0.0.0/8")) ?? [])];
  assert.deepEqual(owners.map(({ network, cidr }) => `${network} ${cidr}`).toSorted(), [
    "default 10.244.0.0/16",
    "default 10.245.0.0/16",
    "other 10.9.0.0/16",
  ]);
});

test("a stored network that is not as the schema wants it is read as far as it can be, and stops no review of another", async (t) => {
  const named = (name: string, spec: unknown) => ({ ...podNetworkOf(name, []), spec }) as PodNetwork;
  const { client } = server([named("empty", {}), named("odd", { ranges: [{ cidr: "10.9.0.0/16", nodePrefixLength: 24 }, 7] })]);
  const reader = await follow(t, client);
  const names = new Set<EvidenceName>(["networks", "claims", "ledgers", "nodes", "services", "records"]);
  const question = { uid: "u", operation: "CREATE", resource, oldObject: undefined } as const;
  const isAllowed = (range: string, by: Evidence) =>
    reviewPodNetwork({ ...question, object: podNetworkOf("new", [range]) }, by, { nowMs: 0, heartbeatSeconds: 60 }).allowed;
  for (const by of [reader.atHand(names) ?? assert.fail("not at hand"), await reader.live(names)])
    assert.deepEqual([isAllowed("10.9.0.0/17", by), isAllowed("10.244.0.0/16", by)], [false, true]);
});

test("the prefix of a claim is parsed once, whatever reads it", async (t) => {
  const { client } = server([claimOf("node-1", "10.244.1.0/24")]);
  const reader = await follow(t, client);
  const prefix = () => {
    const { claims, prefixOf } = read(reader, "claims");
    const [claim]: readonly NodeSubnet[] = claims.problem === undefined ? claims.items : [];
    return claim && prefixOf?.(claim);
  };
  assert.deepEqual(prefix(), toPrefix("10.244.1.0/24"));
  assert.equal(prefix(), prefix());
});

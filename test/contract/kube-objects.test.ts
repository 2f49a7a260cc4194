// Kubernetes objects as a World: the contract of every World, and what only this one promises.
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { type ObjectsWorld, type ObjectsWorldOptions, objectsWorld } from "../../lib/kube/objects.ts";
import { converge } from "../../lib/reconcile/converge.ts";
import type { Kind } from "../../lib/reconcile/kind.ts";
import { connectBy, openProxy } from "../support/api-detour.ts";
import { followWidgets } from "../support/follow-widgets.ts";
import { labName } from "../support/lab-name.ts";
import { installWidgets, type Widget, widget, widgets } from "../support/widget.ts";
import { testWorldContract } from "../support/world-contract.ts";

let lab: Lab;
let direct: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("kube-objects")));
  await installWidgets(lab);
  direct = await connectBy(lab.kubeconfig);
});
after(async () => {
  await direct?.close();
  await lab?.stop();
});

const kind: Kind<Widget> = {
  name: "Widget",
  key: (item) => item.metadata.name,
  differs: (want, have) => {
    if (want.spec.size !== have.spec.size) return `size ${have.spec.size}, wanted ${want.spec.size}`;
    const label = want.metadata.labels?.["of"];
    return label === have.metadata.labels?.["of"] ? undefined : `label of another test`;
  },
};

/** A World of the widgets that bear this test's label; they go with the test. */
function worldOf(t: TestContext, of: string, options: Partial<ObjectsWorldOptions<Widget>> = {}): ObjectsWorld<Widget> {
  const labelSelector = `of=${of}`;
  t.after(async () => {
    for (const { metadata } of (await direct.listAll(widgets, { labelSelector })).items)
      await direct.delete(widgets, metadata.name);
  });
  return objectsWorld({ client: direct, resource: widgets, kind, fieldManager: "podnet-test", labelSelector, ...options });
}

/** Widgets `<of>-0`, `<of>-1`, … with this test's label. */
function some(of: string, count: number, size = 1): Widget[] {
  return Array.from({ length: count }, (_, i) => labelled(of, widget(`${of}-${i}`, size)));
}

function labelled(of: string, item: Widget): Widget {
  return { ...item, metadata: { ...item.metadata, labels: { of } } };
}

const sample = (name: string, size: number) => labelled("contract", widget(name, size));
testWorldContract(
  { kind, first: sample("first", 1), second: sample("second", 2), changed: sample("first", 3), impossible: sample("first", -1) },
  async (t) => worldOf(t, "contract"),
);
testWorldContract(
  { kind, first: sample("third", 1), second: sample("fourth", 2), changed: sample("third", 3), impossible: sample("third", -1) },
  async (t) => {
    const { informer } = followWidgets(t, direct, { labelSelector: "of=contract" });
    assert.equal(await informer.waitForSync({ timeoutMs: 10_000 }), true);
    return worldOf(t, "contract", { informer });
  },
);

test("a name that another object bears is given as taken, with that object", async (t) => {
  const there = await direct.create(widgets, widget("claimed", 7));
  const world = worldOf(t, "taken");
  const { errors } = await converge(kind, [labelled("taken", widget("claimed", 1)), ...some("taken", 2)], world);
  assert.deepEqual(
    errors.map(({ key }) => key),
    ["claimed"],
  );
  const [error] = await world.apply([
    { op: "add", kind: "Widget", key: "claimed", because: "test", want: labelled("taken", widget("claimed", 1)) },
  ]);
  assert.equal(error?.code, "Taken");
  assert.deepEqual(error?.found, there);
  assert.equal((await world.observe()).length, 2);
});

test("a change keeps what others put on the object, and its status", async (t) => {
  const world = worldOf(t, "keeping");
  const [want] = some("keeping", 1);
  assert.ok(want);
  await converge(kind, [want], world);
  await direct.patch(
    widgets,
    "keeping-0",
    { metadata: { annotations: { theirs: "a" }, finalizers: ["test.podnet.dev/x"] } },
    { type: "merge" },
  );
  await direct.patch(widgets, "keeping-0", { status: { seen: 4 } }, { type: "merge", subresource: "status" });
  await converge(kind, [{ ...want, spec: { size: 2 } }], world);
  const after = await direct.get(widgets, "keeping-0");
  assert.deepEqual(
    [after?.spec.size, after?.status?.seen, after?.metadata.annotations, after?.metadata.finalizers, after?.metadata.labels],
    [2, 4, { theirs: "a" }, ["test.podnet.dev/x"], { of: "keeping" }],
  );
  await direct.patch(widgets, "keeping-0", { metadata: { finalizers: null } }, { type: "merge" });
});

test("an object that changed since it was observed is neither changed nor removed, and the rest is done", async (t) => {
  const world = worldOf(t, "stale");
  await converge(kind, some("stale", 3), world);
  const seen = await world.observe();
  const [first, second, third] = seen;
  assert.ok(first && second && third);
  for (const { metadata } of [first, second])
    await direct.patch(widgets, metadata.name, { spec: { size: 50 } }, { type: "merge" });
  const step = { kind: "Widget", because: "test" };
  const errors = await world.apply([
    { ...step, op: "change", key: "stale-0", want: { ...first, spec: { size: 2 } }, have: first },
    { ...step, op: "remove", key: "stale-1", have: second },
    { ...step, op: "remove", key: "stale-2", have: third },
  ]);
  assert.deepEqual(
    errors.map(({ key, code }) => [key, code]),
    [
      ["stale-0", "Conflict"],
      ["stale-1", "Conflict"],
    ],
  );
  assert.deepEqual(
    (await world.observe()).map(({ metadata, spec }) => [metadata.name, spec.size]),
    [
      ["stale-0", 50],
      ["stale-1", 50],
    ],
  );
});

test("an object made anew under the same name is not removed in place of the old one", async (t) => {
  const world = worldOf(t, "anew");
  await converge(kind, some("anew", 1), world);
  const [old] = await world.observe();
  assert.ok(old);
  await direct.delete(widgets, old.metadata.name);
  const [fresh] = some("anew", 1);
  assert.ok(fresh);
  const young = await direct.create(widgets, fresh);
  assert.deepEqual(await world.apply([{ op: "remove", kind: "Widget", key: "anew-0", because: "test", have: old }]), []);
  assert.equal((await direct.get(widgets, "anew-0"))?.metadata.uid, young.metadata.uid);
});

test("writes whose answer is lost are looked up and count as done", async (t) => {
  const { proxy, client } = await openProxy(t, lab);
  const world = worldOf(t, "lost", { client });
  proxy.intercept(({ method }) => (method === "GET" ? undefined : "swallow"));
  for (const want of [some("lost", 5), some("lost", 5, 2), []]) {
    const { steps, errors } = await converge(kind, want, world);
    assert.deepEqual([steps.length, errors], [5, []]);
  }
  assert.deepEqual(await world.observe(), []);
});

test("writes that never reached the server are failures, each with its key and code", async (t) => {
  const { proxy, client } = await openProxy(t, lab);
  const world = worldOf(t, "refused", { client });
  proxy.intercept(({ method }) => (method === "POST" ? { status: 503 } : undefined));
  const { errors } = await converge(kind, some("refused", 3), world);
  assert.deepEqual(
    errors.map(({ key }) => key),
    ["refused-0", "refused-1", "refused-2"],
  );
});

test("over an informer's copy, what one World removed is gone for another, too", async (t) => {
  const { informer } = followWidgets(t, direct, { labelSelector: "of=shared" });
  assert.equal(await informer.waitForSync({ timeoutMs: 10_000 }), true);
  const [first, second] = [worldOf(t, "shared", { informer }), worldOf(t, "shared", { informer })];
  for (let round = 0; round < 5; round++) {
    await converge(kind, some("shared", 30), first);
    await converge(kind, [], first);
    assert.deepEqual(await second.observe(), []);
  }
});

test("over an informer's copy, a run right after a run sees what was written and has nothing to do", async (t) => {
  const { informer } = followWidgets(t, direct, { labelSelector: "of=own" });
  assert.equal(await informer.waitForSync({ timeoutMs: 10_000 }), true);
  const world = worldOf(t, "own", { informer });
  for (const want of [some("own", 40), some("own", 40, 2), some("own", 20, 2), some("own", 30, 3), []]) {
    assert.deepEqual((await converge(kind, want, world)).errors, []);
    assert.deepEqual((await converge(kind, want, world)).steps, []);
  }
});

test("no more requests run at a time than allowed", async (t) => {
  const { proxy, client } = await openProxy(t, lab);
  let running = 0;
  let most = 0;
  const counted: KubeClient = {
    ...client,
    async create(...request) {
      running++;
      most = Math.max(most, running);
      return client.create(...request).finally(() => running--);
    },
  };
  const world = worldOf(t, "parallel", { client: counted, parallel: 4 });
  assert.deepEqual((await converge(kind, some("parallel", 60), world)).errors, []);
  assert.equal(most, 4);
  assert.equal(proxy.seen.filter(({ method }) => method === "POST").length, 60);
});

for (const [tracksOwners, managers] of [
  [true, ["podnet-test"]],
  [false, []],
] as const)
  test(`a changed object ${tracksOwners ? "says" : "does not say"} who wrote which field`, async (t) => {
    const of = `owners-${tracksOwners}`;
    const world = worldOf(t, of, { tracksOwners });
    assert.deepEqual((await converge(kind, some(of, 1), world)).errors, []);
    assert.deepEqual((await converge(kind, some(of, 1, 2), world)).errors, []);
    const { stdout } = await lab.kubectl(["get", "widgets", `${of}-0`, "-o", "json", "--show-managed-fields"]);
    const { metadata, spec } = JSON.parse(stdout);
    const found = (metadata.managedFields ?? []).map(({ manager }: { manager: string }) => manager);
    assert.deepEqual([spec.size, [...new Set(found)]], [2, [...managers]]);
  });

// The client against a real API server: what it asks, what it makes of each answer, and how few connections it needs.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { applyObject } from "../../lib/kube/apply.ts";
import { configMaps, type Node, nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError, type KubeErrorCode } from "../../lib/kube/errors.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { connectBy, openProxy, openWire } from "../support/api-detour.ts";
import { writeTokenFileKubeconfig } from "../support/kubeconfig-parts.ts";
import { labName } from "../support/lab-name.ts";
import { installWidgets, type Widget, widget, widgets } from "../support/widget.ts";

let lab: Lab;
let client: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("kube-client")));
  await installWidgets(lab);
  client = await connectBy(lab.kubeconfig);
});
after(async () => {
  await client?.close();
  await lab?.stop();
});

/** A failure with this code, and the words of its message. */
function failure(code: KubeErrorCode, ...words: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isKubeError(error, code), `expected ${code}, got ${String(error)}`);
    for (const word of words) assert.ok(error.message.includes(word), `${word} is not in: ${error.message}`);
    return true;
  };
}

test("an object is made, read, changed on condition of its version, and deleted on condition of its identity", async () => {
  const made = await client.create(widgets, widget("life", 1), { fieldManager: "podnet-test" });
  assert.equal(made.spec.size, 1);
  assert.deepEqual(await client.get(widgets, "life"), made);

  const changed = await client.replace(widgets, { ...made, spec: { size: 2 } });
  assert.notEqual(changed.metadata.resourceVersion, made.metadata.resourceVersion);
  await assert.rejects(
    client.replace(widgets, { ...made, spec: { size: 3 } }),
    failure("Conflict", "replace Widget life", "read it again"),
  );

  const { uid, resourceVersion } = changed.metadata;
  await assert.rejects(client.delete(widgets, "life", { uid: "another" }), failure("Conflict", "delete Widget life"));
  await assert.rejects(client.delete(widgets, "life", { resourceVersion: made.metadata.resourceVersion }), failure("Conflict"));
  assert.equal(await client.delete(widgets, "life", { uid, resourceVersion }), "deleted");
  assert.equal(await client.delete(widgets, "life"), "absent");
  assert.equal(await client.get(widgets, "life"), undefined);
});

test("the status is written apart from the spec", async () => {
  const made = await client.create(widgets, widget("status", 1));
  const seen = await client.replace(widgets, { ...made, spec: { size: 9 }, status: { seen: 5 } }, { subresource: "status" });
  assert.deepEqual([seen.spec.size, seen.status?.seen], [1, 5]);
});

test("a deletion that waits for a finalizer says so", async () => {
  const kept = widget("finalized", 1);
  const made = await client.create(widgets, { ...kept, metadata: { ...kept.metadata, finalizers: ["test.podnet.dev/hold"] } });
  assert.equal(await client.delete(widgets, "finalized"), "finalizing");
  await client.patch(widgets, "finalized", { metadata: { finalizers: null } }, { type: "merge" });
  assert.equal(await client.get(widgets, made.metadata.name), undefined);
});

test("each refusal has its code and tells what was tried, on what, and what to do", async () => {
  await client.create(widgets, widget("refused", 1));
  await assert.rejects(
    client.create(widgets, widget("refused", 1)),
    failure("AlreadyExists", "create Widget refused", "take another name"),
  );
  await assert.rejects(
    client.create(widgets, widget("negative", -1)),
    failure("Invalid", "create Widget negative", "spec.size", "correct"),
  );
  await assert.rejects(client.replace(widgets, widget("nowhere", 1)), failure("NotFound"));
  const unknown: Resource<Widget> = { ...widgets, plural: "gadgets", kind: "Gadget" };
  // A kind that is not served must not look like an object that is not there.
  await assert.rejects(client.get(unknown, "any"), failure("NotFound", "get Gadget any", "CustomResourceDefinition"));
  await assert.rejects(client.delete(unknown, "any"), failure("NotFound"));
});

test("an account without rights is told which one it lacks, and a wrong token that it is wrong", async (t) => {
  const tokenFile = join(lab.directory, "token");
  const path = join(lab.directory, "token-file.kubeconfig");
  writeTokenFileKubeconfig("token", lab.kubeconfig, path);
  writeFileSync(tokenFile, "no-token-of-this-cluster\n");
  const account = await connectBy(path);
  t.after(() => account.close());
  await assert.rejects(account.list(widgets), failure("Unauthorized", "renew the token"));
  // The file is read anew for each request: a rotated token counts at once.
  const serviceAccounts: Resource<KubeObject> = { ...configMaps, plural: "serviceaccounts", kind: "ServiceAccount" };
  await client.create(serviceAccounts, { metadata: { namespace: "default", name: "nobody" } });
  const { token } = await lab.identity({ name: "nobody", namespace: "default" });
  writeFileSync(tokenFile, `${token}\n`);
  await assert.rejects(account.list(widgets), failure("Forbidden", "list Widget", "widgets", "RBAC"));
});

test("server-side apply owns what it names, removes what it no longer names, and tells whose field it met", async () => {
  const mine = { fieldManager: "podnet-test" };
  await applyObject(client, widgets, widget("applied", 1, { color: "red" }), mine);
  await assert.rejects(
    applyObject(client, widgets, widget("applied", 2), { fieldManager: "other" }),
    failure("Conflict", "podnet-test"),
  );
  const slim = await applyObject(client, widgets, widget("applied", 1), mine);
  assert.equal(slim.spec.color, undefined);
  const taken = await applyObject(client, widgets, widget("applied", 2), { fieldManager: "other", force: true });
  assert.equal(taken.spec.size, 2);
  const status = await applyObject(
    client,
    widgets,
    { metadata: { name: "applied" }, status: { seen: 7 } },
    { ...mine, subresource: "status" },
  );
  assert.deepEqual([status.spec.size, status.status?.seen], [2, 7]);
});

test("an apply with an identity or a version is conditional and makes nothing", async () => {
  const made = await client.create(widgets, widget("conditional", 1));
  const mine = { fieldManager: "podnet-test", force: true };
  const at = (metadata: Partial<Widget["metadata"]>) => ({ metadata: { name: "conditional", ...metadata }, spec: { size: 2 } });
  await assert.rejects(applyObject(client, widgets, at({ uid: "another" }), mine), failure("Conflict"));
  await assert.rejects(applyObject(client, widgets, at({ resourceVersion: "1" }), mine), failure("Conflict"));
  await client.delete(widgets, "conditional");
  await assert.rejects(applyObject(client, widgets, at({ uid: made.metadata.uid }), mine), failure("Conflict"));
  assert.equal(await client.get(widgets, "conditional"), undefined);
});

test("a Node's condition is applied without touching the others", async () => {
  await client.create(nodes, { metadata: { name: "lonely" } });
  const condition = (type: string) => ({ type, status: "True" as const, reason: "Test", message: type });
  const withConditions = (...types: string[]): Node => ({
    metadata: { name: "lonely" },
    status: { conditions: types.map(condition) },
  });
  await client.patch(nodes, "lonely", withConditions("Ready"), { type: "strategic", subresource: "status" });
  const patched = await applyObject(client, nodes, withConditions("NetworkUnavailable"), {
    fieldManager: "podnet-test",
    subresource: "status",
  });
  assert.deepEqual(patched.status?.conditions?.map(({ type }) => type).toSorted(), ["NetworkUnavailable", "Ready"]);
});

test("selectors choose, pages add up to the whole, and items of built-in kinds name their kind", async () => {
  const names = Array.from({ length: 25 }, (_, i) => `page-${String(i).padStart(2, "0")}`);
  for (const [i, name] of names.entries()) {
    await client.create(configMaps, { metadata: { namespace: "default", name, labels: { paged: "yes", odd: String(i % 2) } } });
  }
  const select = { namespace: "default", labelSelector: "paged=yes" };
  const page = await client.list(configMaps, { ...select, limit: 10 });
  assert.equal(page.items.length, 10);
  assert.notEqual(page.continue, undefined);
  const whole = await client.listAll(configMaps, { ...select, pageSize: 10 });
  assert.deepEqual(
    whole.items.map(({ metadata }) => metadata.name),
    names,
  );
  assert.equal(whole.resourceVersion, page.resourceVersion);
  assert.deepEqual([whole.items[0]?.kind, whole.items[0]?.apiVersion], ["ConfigMap", "v1"]);
  const odd = await client.listAll(configMaps, { labelSelector: "paged=yes,odd=1" });
  assert.equal(odd.items.length, 12);
  const one = await client.listAll(configMaps, { fieldSelector: "metadata.name=page-07" });
  assert.deepEqual(
    one.items.map(({ metadata }) => metadata.name),
    ["page-07"],
  );
});

test("a list whose continue token expires on the way begins anew and is whole", async (t) => {
  const { proxy, client: through } = await openProxy(t, lab);
  for (let i = 0; i < 6; i++) await client.create(widgets, widget(`expired-${i}`, i));
  let expired = 0;
  proxy.intercept(({ url }) => (url.includes("continue=") && expired++ === 1 ? { status: 410, body: "" } : undefined));
  const { items } = await through.listAll(widgets, { pageSize: 2 });
  assert.equal(expired > 2, true);
  assert.equal(items.filter(({ metadata }) => metadata.name.startsWith("expired-")).length, 6);
  assert.equal(new Set(items.map(({ metadata }) => metadata.uid)).size, items.length);
});

test("300 reads one after the other need one connection, 500 at once a handful", async (t) => {
  const { wire, client: through } = await openWire(t, lab);
  for (let i = 0; i < 300; i++) await through.get(configMaps, { namespace: "default", name: "absent" });
  assert.equal(wire.accepted(), 1);
  await Promise.all(Array.from({ length: 500 }, () => through.get(configMaps, { namespace: "default", name: "absent" })));
  assert.ok(wire.accepted() <= 10, `${wire.accepted()} connections`);
});

test("a request that gets no answer ends at its deadline, and the next takes a new connection", async (t) => {
  const { wire, client: through } = await openWire(t, lab);
  await through.list(widgets);
  wire.stall();
  const isLate = (unknown: boolean) => (error: unknown) =>
    failure("Unavailable", "within 300 ms")(error) && isKubeError(error) && error.outcomeUnknown === unknown;
  await assert.rejects(through.list(widgets, { timeoutMs: 300 }), isLate(false));
  const before = wire.accepted();
  await assert.rejects(through.create(widgets, widget("late", 1), { timeoutMs: 300 }), isLate(true));
  assert.equal(wire.accepted(), before + 1);
  wire.flow();
  await through.list(widgets);
});

test("a read whose connection broke is tried again at once, a write never", async (t) => {
  const { proxy, client: through } = await openProxy(t, lab);
  let swallowed = 0;
  proxy.intercept(() => (swallowed++ === 0 ? "swallow" : undefined));
  await through.list(widgets);
  assert.equal(proxy.seen.length, 2);

  proxy.intercept(() => "swallow");
  await assert.rejects(through.create(widgets, widget("unsaid", 1)), (error) => {
    return failure("Unavailable", "create Widget unsaid")(error) && isKubeError(error) && error.outcomeUnknown;
  });
  assert.equal(proxy.seen.length, 3);
  // It was done all the same, which is why the outcome counts as unknown.
  assert.notEqual(await client.get(widgets, "unsaid"), undefined);
});

test("a server that is not there is named, and what was not sent is not in doubt", async (t) => {
  const { wire, client: through } = await openWire(t, lab);
  await wire.refuse();
  await assert.rejects(through.create(widgets, widget("unsent", 1)), (error) => {
    return failure("Unavailable", `https://127.0.0.1:${wire.port}`)(error) && isKubeError(error) && !error.outcomeUnknown;
  });
});

test("what the server has no room for now is sent again when it says, a write too", async (t) => {
  const { proxy, client: through } = await openProxy(t, lab);
  let refusals = 0;
  proxy.intercept(() => (refusals++ < 2 ? { status: 429, headers: { "retry-after": "0" } } : undefined));
  await through.create(widgets, widget("patient", 1));
  assert.equal(proxy.seen.length, 3);
});

test("429 beyond the deadline and 503 carry the server's wish, and an answer that is no JSON is called that", async (t) => {
  const { proxy, client: through } = await openProxy(t, lab);
  for (const status of [429, 503]) {
    proxy.intercept(() => ({ status, headers: { "retry-after": "7" } }));
    const list = through.list(widgets, { timeoutMs: 6_000 });
    await assert.rejects(
      list,
      (error) => isKubeError(error, "Unavailable") && error.retryAfterMs === 7_000 && error.status === status,
    );
  }
  assert.equal(proxy.seen.length, 2);
  proxy.intercept(() => ({ status: 200, body: "<html>Log in</html>" }));
  await assert.rejects(through.list(widgets), failure("Unavailable", "no JSON", "<html>"));
});

test("an abort ends a request with the abort's own reason", async () => {
  const reason = new Error("enough");
  await assert.rejects(client.list(widgets, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
});

test("requests say who sends them", async (t) => {
  const { proxy, client: through } = await openProxy(t, lab);
  assert.match(await through.serverVersion(), /^v1\.\d+\./);
  assert.equal(proxy.seen[0]?.headers["user-agent"], "podnet-test/0.1.0");
});

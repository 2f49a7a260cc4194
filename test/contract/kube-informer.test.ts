// The informer against a real API server that is cut off, silenced, broken, killed, and set back in time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import type { AnsweringProxy, CannedAnswer, SeenRequest } from "../support/answering-proxy.ts";
import { connectBy, openProxy, openWire } from "../support/api-detour.ts";
import { backUpEtcd, compactEtcd, restartApiServer } from "../support/etcd.ts";
import { churn, followWidgets, openWatches, untilEqual } from "../support/follow-widgets.ts";
import { labName } from "../support/lab-name.ts";
import { installWidgets, widget, widgets } from "../support/widget.ts";

let lab: Lab;
/** Straight to the server: what writes and compares. */
let direct: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("kube-informer")));
  await installWidgets(lab);
  direct = await connectBy(lab.kubeconfig);
});
after(async () => {
  await direct?.close();
  await lab?.stop();
});

const isWatch = ({ url }: SeenRequest) => url.includes("watch=true");
const watchesOf = (proxy: AnsweringProxy) => proxy.seen.filter(isWatch);
const listsOf = (proxy: AnsweringProxy) => proxy.seen.filter(({ url }) => url.includes("/widgets?limit=500"));

/** Answers the first `times` requests of one sort in the server's place. */
function firstTimes(times: number, matches: (request: SeenRequest) => boolean, answer: CannedAnswer) {
  let left = times;
  return (request: SeenRequest) => (matches(request) && left-- > 0 ? answer : undefined);
}

async function untilSynced(followed: ReturnType<typeof followWidgets>): Promise<void> {
  assert.equal(await followed.informer.waitForSync({ timeoutMs: 30_000 }), true);
}

test("the copy follows what is made, changed and deleted, and signals each key after the copy shows it", async (t) => {
  const seen: string[] = [];
  const followed = followWidgets(t, direct, {
    onChange: (key) => void seen.push(`${key}=${followed.informer.get(key)?.spec.size ?? "gone"}`),
  });
  assert.equal(followed.informer.synced, false);
  assert.equal(followed.informer.staleSeconds(), Number.POSITIVE_INFINITY);
  await untilSynced(followed);
  const made = await direct.create(widgets, widget("plain", 1));
  await direct.replace(widgets, { ...made, spec: { size: 2 } });
  await direct.delete(widgets, "plain");
  await untilEqual(followed, direct);
  assert.deepEqual(
    seen.filter((line) => line.startsWith("plain")),
    ["plain=1", "plain=2", "plain=gone"],
  );
  assert.ok(followed.informer.staleSeconds() < 30);
  assert.deepEqual(followed.problems, []);
});

test("what we wrote ourselves can be waited for, and patience has an end", async (t) => {
  const followed = followWidgets(t, direct);
  await untilSynced(followed);
  for (let size = 0; size < 20; size++) {
    const name = `own-${size}`;
    const made = await direct.create(widgets, widget(name, size));
    assert.equal(await followed.shows(made), true);
    assert.equal(followed.informer.get(name)?.spec.size, size);
  }
  followed.informer.wrote({ version: "9999999999" });
  assert.equal(await followed.informer.caughtUp({ timeoutMs: 20 }), false);
  assert.equal(await followed.informer.caughtUp({ timeoutMs: 60_000, signal: AbortSignal.abort() }), false);
});

test("a field selector narrows the copy to what it selects", async (t) => {
  const followed = followWidgets(t, direct, { fieldSelector: "metadata.name=chosen" });
  await untilSynced(followed);
  await direct.create(widgets, widget("ignored", 1));
  const chosen = await direct.create(widgets, widget("chosen", 1));
  assert.equal(await followed.shows(chosen), true);
  assert.deepEqual(
    followed.informer.list().map(({ metadata }) => metadata.name),
    ["chosen"],
  );
});

test("TCP resets in the middle of 600 changes leave the copy equal, with one watch open", async (t) => {
  const { wire, client } = await openWire(t, lab);
  const followed = followWidgets(t, client);
  await untilSynced(followed);
  await churn(direct, "reset", 600, (step) => {
    if (step % 50 === 25) wire.reset();
  });
  await untilEqual(followed, direct);
  assert.equal(await openWatches(lab), 1);
  assert.ok(followed.problems.every(({ doing, error }) => doing === "watch" && isKubeError(error, "Unavailable")));
});

test("a watch that falls silent is taken as dead and the copy becomes equal on a new connection", async (t) => {
  const { wire, client } = await openWire(t, lab);
  const followed = followWidgets(t, client, { silenceMs: 1_000 });
  await untilSynced(followed);
  const before = wire.accepted();
  wire.stall();
  await churn(direct, "silent", 50, () => undefined);
  await waitUntil("the silence to be noticed", 30_000, () => followed.problems.length > 0 || undefined);
  assert.ok(followed.informer.staleSeconds() >= 1);
  // What hangs on the old connection stays so: only a new one can carry the watch.
  await waitUntil("a new connection", 30_000, () => wire.accepted() > before || undefined);
  wire.flow();
  await untilEqual(followed, direct);
});

test("a server that cannot be reached for a while is followed again when it can", async (t) => {
  const { wire, client } = await openWire(t, lab);
  const followed = followWidgets(t, client);
  await untilSynced(followed);
  await wire.refuse();
  await churn(direct, "refused", 50, () => undefined);
  await waitUntil("three failures in a row", 30_000, () => followed.problems.length >= 3 || undefined);
  await wire.accept();
  await untilEqual(followed, direct);
  assert.equal(await openWatches(lab), 1);
  assert.ok(followed.problems.every(({ retryMs }) => retryMs >= 100 && retryMs <= 30_000));
});

test("the API server killed and started again: the copy becomes equal, with one watch open", async (t) => {
  const followed = followWidgets(t, direct);
  await untilSynced(followed);
  await restartApiServer(lab);
  await churn(direct, "restart", 50, () => undefined);
  await untilEqual(followed, direct);
  assert.equal(await openWatches(lab), 1);
});

test("changes missed while etcd forgot them (410) are found by a list, deletions too", async (t) => {
  const { wire, client } = await openWire(t, lab);
  const victim = await direct.create(widgets, widget("victim", 1));
  const followed = followWidgets(t, client);
  await untilSynced(followed);
  await wire.refuse();
  await direct.delete(widgets, victim.metadata.name);
  await churn(direct, "compacted", 50, () => undefined);
  await compactEtcd(lab);
  await restartApiServer(lab);
  await waitUntil("a watch from before to be refused as too old", 30_000, async () => {
    const old = { resourceVersion: victim.metadata.resourceVersion, timeoutSeconds: 1, idleMs: 5_000 };
    return direct
      .watch(widgets, old, t.signal)
      .next()
      .then(
        () => undefined,
        (error: unknown) => isKubeError(error, "Gone") || undefined,
      );
  });
  followed.changes.length = 0;
  await wire.accept();
  await untilEqual(followed, direct);
  assert.ok(followed.changes.includes("victim"));
  assert.equal(await openWatches(lab), 1);
  // A version that is too old is no problem to tell anybody about.
  assert.ok(followed.problems.every(({ error }) => !isKubeError(error, "Gone")));
});

test("a server set back in time, as by a restore, is listed anew", async (t) => {
  const goBack = await backUpEtcd(lab);
  const followed = followWidgets(t, direct);
  await untilSynced(followed);
  await churn(direct, "undone", 100, () => undefined);
  await untilEqual(followed, direct);
  const undone = await direct.create(widgets, widget("soon-undone", 1));
  followed.informer.wrote({ version: undone.metadata.resourceVersion });
  await goBack();
  await untilEqual(followed, direct);
  assert.equal(await followed.informer.caughtUp({ timeoutMs: 10_000 }), true);
  await churn(direct, "redone", 20, () => undefined);
  await untilEqual(followed, direct);
  assert.equal(await openWatches(lab), 1);
});

test("failed lists and watches of every sort are tried again, one at a time", async (t) => {
  const sorts: readonly (readonly [string, (request: SeenRequest) => boolean, CannedAnswer])[] = [
    ["a list refused by 500", (request) => !isWatch(request), { status: 500, body: "no" }],
    ["a list that is no JSON", (request) => !isWatch(request), { status: 200, body: "<html>" }],
    ["a watch refused by 503", isWatch, { status: 503, body: "no" }],
    ["a watch refused by 429", isWatch, { status: 429, headers: { "retry-after": "1" } }],
    ["a watch refused by 410", isWatch, { status: 410, body: "" }],
    [
      "410 inside a watch",
      isWatch,
      { status: 200, body: '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n' },
    ],
    ["500 inside a watch", isWatch, { status: 200, body: '{"type":"ERROR","object":{"kind":"Status","code":500}}\n' }],
    ["a watch line that is no JSON", isWatch, { status: 200, body: '{"type":"ADDED","obj\n' }],
    ["a watch cut in a line", isWatch, { status: 200, body: '{"type":"ADDED","object":{' }],
    ["a watch that ends at once", isWatch, { status: 200, body: "" }],
  ];
  for (const [sort, matches, answer] of sorts) {
    await t.test(sort, async (t) => {
      const { proxy, client } = await openProxy(t, lab);
      proxy.intercept(firstTimes(3, matches, answer));
      const followed = followWidgets(t, client);
      await churn(direct, "sorts", 10, () => undefined);
      await untilEqual(followed, direct);
      await direct.create(widgets, widget(`sort-${watchesOf(proxy).length}-${proxy.seen.length}-${proxy.url.split(":")[2]}`, 1));
      await untilEqual(followed, direct);
      await waitUntil("one watch", 10_000, async () => (await openWatches(lab)) === 1 || undefined);
    });
  }
});

test("watches ask for bookmarks and go on from where they were; nothing is listed twice", async (t) => {
  const { proxy, client } = await openProxy(t, lab);
  const followed = followWidgets(t, client);
  await untilSynced(followed);
  const made = await direct.create(widgets, widget("going-on", 1));
  await followed.shows(made);
  await waitUntil("the first watch", 10_000, () => watchesOf(proxy).length === 1 || undefined);
  const list = listsOf(proxy).length;
  proxy.intercept(firstTimes(1, isWatch, { status: 503 }));
  await restartWatch(proxy);
  const next = await direct.create(widgets, widget("going-on-too", 1));
  assert.equal(await followed.shows(next), true);
  assert.equal(listsOf(proxy).length, list);
  for (const { url } of watchesOf(proxy)) assert.match(url, /allowWatchBookmarks=true/);
  assert.ok(watchesOf(proxy).at(-1)?.url.includes(`resourceVersion=${made.metadata.resourceVersion}`));

  async function restartWatch(of: AnsweringProxy): Promise<void> {
    const count = watchesOf(of).length;
    of.cut();
    await waitUntil("two more watches", 10_000, () => watchesOf(of).length >= count + 2 || undefined);
  }
});

test("the safety net lists again without a second watch, and its failure leaves the watch going", async (t) => {
  const { proxy, client } = await openProxy(t, lab);
  const followed = followWidgets(t, client, { relistSeconds: 1 });
  await untilSynced(followed);
  await waitUntil("three lists", 30_000, () => listsOf(proxy).length >= 3 || undefined);
  assert.deepEqual(followed.problems, []);
  await waitUntil("one watch", 10_000, async () => (await openWatches(lab)) === 1 || undefined);
  proxy.intercept((request) => (isWatch(request) ? undefined : { status: 503 }));
  await waitUntil("a failed list", 30_000, () => followed.problems.some(({ doing }) => doing === "list") || undefined);
  const made = await direct.create(widgets, widget("under-the-net", 1));
  assert.equal(await followed.shows(made), true);
});

test("a handler that throws is told of, and the copy goes on", async (t) => {
  const followed = followWidgets(t, direct, {
    onChange: (key) => {
      throw new Error(`cannot bear ${key}`);
    },
  });
  await untilSynced(followed);
  await direct.create(widgets, widget("unbearable", 1));
  await untilEqual(followed, direct);
  assert.ok(
    followed.problems.some(({ doing, error }) => doing === "onChange" && String(error).includes("cannot bear unbearable")),
  );
});

test("on its signal it ends, leaves no watch open, and cannot be started again", async (t) => {
  const followed = followWidgets(t, direct);
  await untilSynced(followed);
  await waitUntil("its watch", 10_000, async () => (await openWatches(lab)) === 1 || undefined);
  await followed.stop();
  assert.deepEqual(followed.problems, []);
  await waitUntil("no watch", 10_000, async () => (await openWatches(lab)) === 0 || undefined);
  assert.throws(() => followed.informer.run(new AbortController().signal), /started twice/);
});

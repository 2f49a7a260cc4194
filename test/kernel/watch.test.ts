import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { makeExec } from "../../lib/linux/exec.ts";
import { type Hint, watchKernel } from "../../lib/linux/watch.ts";
import { ip, makeNetns, must, type Netns } from "../support/netns.ts";
import { until } from "../support/until.ts";

interface Watch {
  readonly hints: Hint[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Watches a namespace through `prefix`, e.g. `["timeout", "0.2"]`, until the test ends. */
function watch(t: TestContext, node: Netns, prefix: readonly string[] = []): Watch {
  const hints: Hint[] = [];
  const stop = new AbortController();
  const exec = makeExec({ prefix: [...prefix, "nsenter", `--net=${node.path}`] });
  const times = { settleMs: 20, firstRetryMs: 10, longestRetryMs: 40 };
  const ended = watchKernel(exec, (hint) => hints.push(hint), stop.signal, times);
  t.after(() => {
    stop.abort();
    return ended;
  });
  return { hints, stop, ended };
}

const changed = (watched: Watch, detail: RegExp) => () =>
  watched.hints.some((hint) => hint.what === "changed" && detail.test(hint.detail));

async function makeNode(t: TestContext): Promise<Netns> {
  const node = await makeNetns(t, "watch");
  await ip(node.exec, "link add cni0 type bridge", "link set cni0 up", "address add 10.244.1.1/24 dev cni0");
  return node;
}

test("a foreign change of a route, an address or a link is a hint", async (t) => {
  const node = await makeNode(t);
  const watched = watch(t, node);
  await until("the watch listens", async () => {
    await ip(node.exec, "route add 198.51.100.0/24 dev cni0", "route delete 198.51.100.0/24");
    return changed(watched, /198\.51\.100\.0/)();
  });
  await ip(node.exec, "address delete 10.244.1.1/24 dev cni0");
  await until("the deleted address is told", changed(watched, /Deleted.*10\.244\.1\.1/));
  await ip(node.exec, "link set cni0 mtu 1400");
  await until("the changed link is told", changed(watched, /cni0.*mtu 1400/));
});

test("a foreign change of what stands on a tunnel of ours is a hint; of what stands elsewhere it is none", async (t) => {
  const node = await makeNode(t);
  const watched = watch(t, node);
  const tunnel = "podnet-vxlan4";
  await ip(node.exec, `link add ${tunnel} type vxlan id 244 dstport 4789 nolearning local 10.244.1.1`, `link set ${tunnel} up`);
  const mac = "02:00:00:00:00:99";
  const [neighbor, other] = [`10.244.9.1 lladdr ${mac} dev ${tunnel}`, `10.244.1.9 lladdr ${mac} dev cni0`];
  await until("the watch listens", async () => {
    await ip(node.exec, `neighbor replace ${other}`, `neighbor replace ${neighbor}`, `neighbor delete 10.244.9.1 dev ${tunnel}`);
    return changed(watched, /Deleted 10\.244\.9\.1 dev podnet-vxlan4/)();
  });
  await must(node.exec, ["bridge", "fdb", "append", mac, "dev", tunnel, "dst", "192.168.1.12", "self", "permanent"]);
  await until("the entry is told", changed(watched, /192\.168\.1\.12 dev podnet-vxlan4/));
  assert.ok(!changed(watched, /10\.244\.1\.9/)(), "a neighbor elsewhere");
});

test("a watch begins with the hint that something may have been missed", async (t) => {
  const watched = watch(t, await makeNode(t));
  await until("the first hint", () => watched.hints.some((hint) => hint.what === "missed"));
});

test("a watch that ends says so, begins again and goes on telling", async (t) => {
  const node = await makeNode(t);
  const watched = watch(t, node, ["timeout", "0.2"]);
  const ends = () => watched.hints.filter((hint) => hint.what === "missed" && hint.detail.includes("exit status 124")).length;
  await until("two ends", () => ends() >= 2);
  await until("a change is told again", async () => {
    await ip(node.exec, "route add 203.0.113.0/24 dev cni0", "route delete 203.0.113.0/24");
    return changed(watched, /203\.0\.113\.0/)();
  });
});

test("a watch stops with its signal and leaves no process behind", async (t) => {
  const node = await makeNode(t);
  const watched = watch(t, node);
  const processes = async () => (await must(makeExec(), ["ip", "netns", "pids", node.name])).trim();
  await until("its process runs", async () => (await processes()) !== "");
  watched.stop.abort();
  await watched.ended;
  assert.equal(await processes(), "");
});

test("a burst of 5,000 changes is told whole, or said to have been missed", async (t) => {
  const node = await makeNode(t);
  const watched = watch(t, node);
  await until("the watch listens", async () => {
    await ip(node.exec, "route add 198.51.100.0/24 dev cni0", "route delete 198.51.100.0/24");
    return changed(watched, /198\.51\.100\.0/)() && watched.hints.some((hint) => hint.what === "missed");
  });
  watched.hints.length = 0;
  await ip(node.exec, ...Array.from({ length: 5000 }, (_, n) => `route add 172.${n >> 8}.${n & 255}.0/24 dev cni0`));
  await ip(node.exec, "route add 203.0.113.0/24 dev cni0");
  await until(
    "the end of the burst, or a hint that it was missed",
    () => changed(watched, /203\.0\.113\.0/)() || watched.hints.some((hint) => hint.what === "missed"),
  );
  const told = watched.hints.filter((hint) => hint.what === "changed").length;
  const missed = watched.hints.some((hint) => hint.what === "missed");
  t.diagnostic(`${told} hints of 5,001, missed: ${missed}`);
  assert.ok(told >= 5001 || missed);
});

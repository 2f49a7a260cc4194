import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { leasesOf } from "../leaks/lease-owners.ts";
import { playLeaks } from "../leaks/play-leaks.ts";
import { programmedNode } from "../leaks/programmed-node.ts";
import { createRuntime } from "../leaks/runtime.ts";
import { chanceOf } from "../simulation/chance.ts";
import { leakWatch, type LeakWatch } from "../support/leak-watch.ts";
import { ip, must } from "../support/netns.ts";
import { until } from "../support/until.ts";

const first = ["10.244.1.2", "fd00:10:244:1::2"];
const nothing = { collected: [], problem: undefined };
const taken = { collected: first, problem: undefined };

/** The namespace of a pod goes, and nobody deletes anything else of it. */
async function vanish({ node, spaces }: LeakWatch, id: string): Promise<void> {
  await spaces.remove(id);
  await until("the pod's port has gone", async () => (await portsOf(node)).length === 0);
}

async function portsOf(node: LeakWatch["node"]): Promise<string[]> {
  const links = await must(node.netns.exec, ["ip", "-j", "link", "show", "master", "cni0"]);
  return (JSON.parse(links) as { ifname?: string }[]).flatMap(({ ifname }) => ifname ?? []);
}

function notesOf({ node }: LeakWatch): string {
  return join(node.cniStateFolder, "results");
}

test("24 calls of plugins killed anywhere, and a reboot: no address is left behind, given to two pods, or taken from one that has it", async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const figures = await playLeaks({ ...(await programmedNode(t)), chance: chanceOf(seed), kills: 24, atOnce: 2, apartMs: 400 });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual([figures.leaked, figures.violations], [[], []]);
  assert.ok(figures.kills >= 24 && figures.collected > 0, "leaks came about");
});

test("a pod that vanished is found in two looks of one agent, both of its addresses are taken back, and others stay", async (t) => {
  const watch = await leakWatch(t);
  const [gone, stays] = [await watch.addPod(), await watch.addPod()];
  assert.deepEqual(await watch.looks(3), nothing);
  await watch.spaces.remove(gone);
  await until("its port has gone", async () => (await portsOf(watch.node)).length === 1);
  assert.deepEqual(await watch.looks(1), nothing);
  watch.restart();
  assert.deepEqual(await watch.looks(1), nothing, "another agent begins anew");
  assert.deepEqual(await watch.looks(1), taken);
  assert.deepEqual(new Set((await leasesOf(watch.node.cniStateFolder)).values()), new Set([stays]));
});

/** Stands in the place of host-local: does what it does, and does not say so before `go` is there. */
function slowPlugin(real: string, go: string): string {
  return `#!${process.execPath}
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const { status, stdout } = spawnSync(${JSON.stringify(real)}, { input: readFileSync(0) });
while (!existsSync(${JSON.stringify(go)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
process.stdout.write(stdout);
process.exitCode = status;
`;
}

test("a pod that is being made keeps its addresses for as long as that takes, and gets them", async (t) => {
  const watch = await leakWatch(t);
  const slow = join(dirname(watch.node.pluginFolder), "slow");
  const go = join(slow, "go");
  await mkdir(slow);
  for (const name of ["bridge", "portmap"]) await symlink(join(watch.node.pluginFolder, name), join(slow, name));
  await writeFile(join(slow, "host-local"), slowPlugin(join(watch.node.pluginFolder, "host-local"), go));
  await chmod(join(slow, "host-local"), 0o755);
  const ending = new AbortController();
  t.after(() => ending.abort());
  const runtime = await createRuntime({ ...watch.node.runtime, pluginFolder: slow }, ending.signal);
  const { id, path: netns } = await watch.spaces.add();
  const making = runtime.call({ command: "ADD", id, netns });
  try {
    await until("host-local has given the addresses", async () => (await leasesOf(watch.node.cniStateFolder)).size === 2);
    assert.deepEqual(await watch.looks(20), nothing);
  } finally {
    await writeFile(go, "");
    await making;
  }
  assert.deepEqual(await making, { outcome: "done", addresses: first, message: "" });
  assert.deepEqual((await watch.spaces.addressesIn(id)).toSorted(), first);
  assert.deepEqual(await watch.looks(3), nothing);
});

test("a pod that nobody noted, or of which half a note is left, keeps its addresses as long as it is there", async (t) => {
  for (const written of ["nothing", "half"] as const) {
    const watch = await leakWatch(t);
    const { id, path: netns } = await watch.spaces.add();
    assert.equal((await watch.runtime.call({ command: "ADD", id, netns, cut: { at: "note", written } })).outcome, "cut");
    assert.deepEqual(await watch.looks(20), nothing);
    await vanish(watch, id);
    assert.deepEqual(await watch.looks(2), taken);
  }
});

test("a pod whose port was taken off the bridge, or whose bridge was removed, keeps its addresses, noted or not", async (t) => {
  const watch = await leakWatch(t);
  await watch.addPod();
  for (const isNoted of [true, false]) {
    if (!isNoted) await rm(notesOf(watch), { recursive: true });
    if (isNoted) await must(watch.node.netns.exec, ["ip", "link", "delete", "cni0"]);
    watch.restart();
    assert.deepEqual(await watch.looks(5), nothing, isNoted ? "noted" : "not noted");
  }
});

test("a pod that was deleted halfway keeps its addresses until its namespace is gone", async (t) => {
  const watch = await leakWatch(t);
  const id = await watch.addPod();
  await ip(watch.node.netns.exec, `link delete ${(await portsOf(watch.node))[0] ?? ""}`);
  assert.deepEqual(await watch.looks(5), nothing);
  await watch.spaces.remove(id);
  assert.deepEqual(await watch.looks(2), taken);
});

test("an empty lease, which host-local left when it was killed while it made it, is taken back", async (t) => {
  const watch = await leakWatch(t);
  await writeFile(join(watch.node.cniStateFolder, "networks/podnet/10.244.1.9"), "");
  assert.deepEqual(await watch.looks(2), { collected: ["10.244.1.9"], problem: undefined });
});

test("an address that answers is not taken back, though nothing else is left of its pod", async (t) => {
  const watch = await leakWatch(t);
  await vanish(watch, await watch.addPod());
  await ip(watch.node.netns.exec, "neighbor replace 10.244.1.2 lladdr 02:00:00:00:00:09 dev cni0 nud reachable");
  assert.deepEqual((await watch.looks(2)).collected, first.slice(1));
});

test("what cannot be seen is no proof: without the folder of namespaces nothing is taken back, and the agent says so", async (t) => {
  const watch = await leakWatch(t, "/run/netns-of-nowhere");
  assert.deepEqual(await watch.looks(2), nothing, "where there are no leases nobody has to look");
  await vanish(watch, await watch.addPod());
  const { collected, problem } = await watch.looks(3);
  assert.deepEqual(collected, []);
  assert.match(problem ?? "", /cannot be taken back \(ENOENT: no such file or directory, scandir '\/run\/netns-of-nowhere'\)/);
});

test("nothing is taken back while a plugin holds host-local's lock, and all of it after that", async (t) => {
  const watch = await leakWatch(t);
  await vanish(watch, await watch.addPod());
  const folder = join(watch.node.cniStateFolder, "networks/podnet");
  const holder = spawn("flock", ["--exclusive", join(folder, "lock"), "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  holder.stdin.write("has it\n");
  await once(holder.stdout, "data");
  const { collected, problem } = await watch.looks(2);
  assert.deepEqual(collected, []);
  assert.match(problem ?? "", /a plugin has held the lock in .*networks\/podnet for 2 seconds and more; end it if it hangs/);
  assert.equal((await readdir(folder)).filter((name) => first.includes(name)).length, 2);
  holder.stdin.end();
  await once(holder, "close");
  assert.deepEqual(await watch.looks(1), taken);
});
